"""Write `nlu/tables.<language>.yml`: the towns, trades and topics that the app knows, as lookup tables for Rasa.

Generated, so that nothing is typed twice: the words come from `bot/people/vocabulary.yml`, the towns from the
gazetteer. `tests/nlu/test_data.py` says when they are out of date; `make tables` writes them anew.
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from bot.messages import LANGUAGES
from bot.people.atlas import LANGUAGE_OF, atlas
from bot.people.places import local_name

ROOT = Path(__file__).resolve().parents[1]
TOWN, METROPOLIS = 20_000, 400_000  # people: of the language's own countries, and of the others
_HEAD = "# Written by tools/tables.py (`make tables`); changes belong into bot/people/vocabulary.yml.\n"


def table(language: str) -> str:
    """The file for one language."""
    blocks = [("city", sorted(set(_towns(language)))), *((k, sorted(set(_words(k, language)))) for k in _KINDS)]
    return "".join(
        [_HEAD, 'version: "3.1"\nnlu:\n'] + [f"- lookup: {k}.{language}\n  examples: |\n{_lines(v)}" for k, v in blocks]
    )


_KINDS = ("sector", "topic")


def _lines(values: list[str]) -> str:
    return "".join(f"    - {value}\n" for value in values)


def _towns(language: str) -> Iterator[str]:
    for place in atlas().places.values():
        home = LANGUAGE_OF.get(place.country) == language
        if place.population >= (TOWN if home else METROPOLIS):
            yield local_name(place, language)


def _words(kind: str, language: str) -> Iterator[str]:
    for key, entry in _vocabulary()[kind].items():
        unclear = {*entry.get("only", ()), *entry.get("alone", ())}  # "pan": bread, or a frying pan
        label, name = entry["label"], key.split("_")[0]
        is_brand = all(name in label[one].casefold() for one in LANGUAGES)  # has its English names everywhere
        for word in (*entry["words"].get(language, ()), *(entry["words"]["en"] if is_brand else ())):
            if word not in unclear and key != "other":
                yield word
        if kind == "topic":
            yield label[language]


def _vocabulary() -> dict[str, Any]:
    return yaml.safe_load(files("bot.people").joinpath("vocabulary.yml").read_text(encoding="utf-8"))


def path(language: str) -> Path:
    """Where a language's file lies."""
    return ROOT / "nlu" / f"tables.{language}.yml"


if __name__ == "__main__":
    for language in LANGUAGES:
        path(language).write_text(table(language), encoding="utf-8")
