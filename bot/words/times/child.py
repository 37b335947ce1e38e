"""The child process around Duckling: a JSON line in, a JSON line out. Started by `worker.py` as a script.

It imports nothing of `bot`, always reckons in UTC (zones and their summer times are the parent's business)
and sets itself an alarm before every parse, because no Python code runs while Duckling does.
"""

import contextlib
import json
import signal
import sys
from datetime import UTC, datetime
from importlib.resources import as_file, files
from typing import Any

import duckling

LOCALES = {"en": "EN_GB", "it": "IT_XX", "de": "DE_XX", "es": "ES_ES"}


def main() -> None:
    """Answer until the input ends."""
    with as_file(files("tzdata").joinpath("zoneinfo/Etc")) as zones:
        zone = duckling.load_time_zones(str(zones))
    times = duckling.parse_dimensions(["time"])
    locales = {
        language: duckling.parse_locale(locale, duckling.default_locale_lang(duckling.parse_lang(language)))
        for language, locale in LOCALES.items()
    }
    alarm_after = float(sys.argv[1])
    _say("ready")
    for line in sys.stdin:
        question: dict[str, str] = json.loads(line)
        now = int(datetime.fromisoformat(question["now"]).replace(tzinfo=UTC).timestamp())
        reference = duckling.parse_ref_time(zone, "UTC", now)
        # The stub of `duckling` forgets these arguments.
        context = duckling.Context(reference, locales[question["language"]])  # pyright: ignore[reportCallIssue]
        signal.setitimer(signal.ITIMER_REAL, alarm_after)  # the default action of SIGALRM ends the process
        found: list[dict[str, Any]] = json.loads(duckling.parse_text(question["text"], context, times, False))
        signal.setitimer(signal.ITIMER_REAL, 0)
        _say([_plain(one) for one in found if not one.get("latent")])


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = found["value"]
    interval = value["type"] == "interval"
    since: dict[str, str] = value.get("from", {}) if interval else value
    until: dict[str, str] = value.get("to", {}) if interval else {}
    return {
        "start": found["start"],
        "end": found["end"],
        "kind": value["type"],
        "since": since.get("value"),
        "until": until.get("value"),
        "grain": since.get("grain") or until["grain"],
    }


def _say(answer: object) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(answer), flush=True)  # noqa: T201 - this is the answer


if __name__ == "__main__":
    main()
