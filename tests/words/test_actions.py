"""The address that Rasa calls: who may call it, and what each action answers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.onboarding.actions import Named, given
from bot.onboarding.rules import SLOTS
from bot.words.actions import ONBOARDING_FORM, create_app, everything_done
from bot.words.forms import FORMS

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = [
    action
    for file in sorted((ROOT / "domain").glob("*.yml"))
    for action in yaml.safe_load(file.read_text(encoding="utf-8")).get("actions", [])
]


def call(action: str, text: str = "ciao", **tracker: Any) -> dict[str, Any]:
    """An action call as Rasa 3.6 sends it with `enable_selective_domain`."""
    slots = {"language": "it", "requested_slot": None} | tracker.get("slots", {})
    message = {"text": text, "intent": {"name": "inform", "confidence": 0.9}, "entities": []}
    return {
        "next_action": action,
        "sender_id": "p1.1",
        "version": "3.6.21",
        "tracker": {
            "sender_id": "p1.1",
            "slots": slots,
            "latest_message": message | tracker.get("latest_message", {}),
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": "action_listen",
        },
    }


def client(host: str = "127.0.0.1", token: str = "secret", *, only_here: bool = True) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app("secret", only_here=only_here), client=(host, 1234))
    headers = {"Authorization": f"Bearer {token}".encode()}
    return httpx.AsyncClient(transport=transport, base_url="http://actions", headers=headers)


@pytest.fixture
async def actions() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as opened:
        yield opened


async def ask(actions: httpx.AsyncClient, *args: Any, **tracker: Any) -> dict[str, Any]:
    answer = await actions.post("/webhook", json=call(*args, **tracker))
    assert answer.status_code == 200, answer.text
    return answer.json()


def done(answer: dict[str, Any]) -> list[tuple[str, ...]]:
    return [(one["custom"]["what"], *one["custom"]["args"]) for one in answer["responses"]]


def test_every_action_of_the_domain_has_an_entry_and_the_other_way_round() -> None:
    forms = [f"validate_{form.name}" for form in FORMS.values()]
    assert sorted(DOMAIN) == sorted([*everything_done(), ONBOARDING_FORM, *forms])


def test_no_noun_takes_an_action_from_another() -> None:
    from bot.words.actions import NOUNS

    assert sum(len(noun.DOES) for noun in NOUNS) == len(everything_done())


@pytest.mark.parametrize("action", sorted(everything_done()))
async def test_every_action_names_its_use_case_and_passes_the_text_on(actions: httpx.AsyncClient, action: str) -> None:
    answer = await ask(actions, action, "tre parole qui")
    [(what, *args)] = done(answer)
    assert what == everything_done()[action]
    assert args[-1] == "tre parole qui"
    assert answer["events"] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("in tedesco per favore", "de"),
        ("English please", "en"),
        ("auf Italienisch", "it"),
        ("prefiero el español", "es"),
        ("I don't speak English", ""),
        ("another language", ""),
    ],
)
async def test_the_language_that_is_asked_for(actions: httpx.AsyncClient, text: str, code: str) -> None:
    assert done(await ask(actions, "action_change_language", text)) == [("people:language", code, text)]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("I want to join as a trainer", "trainer"),
        ("vorrei iscrivermi come lavoratrice", "worker"),
        ("sign me up", ""),
    ],
)
async def test_the_role_in_which_somebody_joins(actions: httpx.AsyncClient, text: str, role: str) -> None:
    assert done(await ask(actions, "action_join", text)) == [("onboarding:start", role, text)]


async def test_an_answer_moves_the_form_on(actions: httpx.AsyncClient) -> None:
    answers = {"consent": True, "name": "Marco", "role": "worker", "age_band": "50-59", "languages": ["it"]}
    answer = await ask(
        actions,
        ONBOARDING_FORM,
        "sto a Bologna",
        slots={**answers, "requested_slot": "city"},
        latest_message={"entities": [{"entity": "city", "value": "Bologna", "start": 6, "end": 13}]},
    )
    assert done(answer) == [("onboarding:answer", "city", "Bologna")]
    assert {event["name"]: event["value"] for event in answer["events"]} == {
        "city": "Bologna",
        "requested_slot": "sector",
    }


async def test_the_last_answer_closes_the_form(actions: httpx.AsyncClient) -> None:
    answer = await ask(
        actions, ONBOARDING_FORM, "sempre", slots=dict.fromkeys(SLOTS[:-1], "x") | {"requested_slot": "times"}
    )
    assert done(answer) == [("onboarding:answer", "times", "sempre")]
    assert {event["name"]: event["value"] for event in answer["events"]}["requested_slot"] is None


async def test_a_digression_answers_nothing_and_keeps_the_question(actions: httpx.AsyncClient) -> None:
    answer = await ask(
        actions,
        ONBOARDING_FORM,
        "perché?",
        slots={"consent": True, "requested_slot": "name"},
        latest_message={"intent": {"name": "why_ask", "confidence": 0.97}},
    )
    assert done(answer) == []
    assert [(event["name"], event["value"]) for event in answer["events"]] == [("requested_slot", "name")]


@pytest.mark.parametrize("host", ["10.0.0.7", "192.168.1.2", "203.0.113.9", "::ffff:10.0.0.7", "somewhere", ""])
async def test_only_this_machine_may_call(host: str) -> None:
    async with client(host=host) as outside:
        assert (await outside.post("/webhook", json=call("action_greet"))).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_may(host: str) -> None:
    async with client(host=host) as inside:
        assert (await inside.post("/webhook", json=call("action_greet"))).status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "secret2", "Secret", "sécret"])
async def test_only_the_bearer_of_the_token_may_call(token: str) -> None:
    async with client(token=token) as stranger:
        assert (await stranger.post("/webhook", json=call("action_greet"))).status_code == 401


async def test_without_a_token_nobody_may_call() -> None:
    async with client() as stranger:
        del stranger.headers["Authorization"]
        assert (await stranger.post("/webhook", json=call("action_greet"))).status_code == 401


async def test_an_unknown_action_is_not_found(actions: httpx.AsyncClient) -> None:
    answer = await actions.post("/webhook", json=call("action_fly"))
    assert answer.status_code == 404
    assert answer.json()["action_name"] == "action_fly"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"action_greet"',
        "{}",
        '{"next_action": 7, "tracker": {}}',
        '{"next_action": "action_greet"}',
        b"\xff",
    ],
)
async def test_a_call_that_is_none_is_refused(actions: httpx.AsyncClient, body: str | bytes) -> None:
    assert (await actions.post("/webhook", content=body)).status_code == 400


async def test_a_failing_action_says_its_kind_and_no_words(
    actions: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = call(ONBOARDING_FORM, "mi chiamo Marco", latest_message={"entities": [{"value": "Marco"}]})
    answer = await actions.post("/webhook", json=broken)
    assert answer.status_code == 500
    assert answer.json() == {"error": "KeyError", "action_name": ONBOARDING_FORM}
    assert "Marco" not in "".join(capsys.readouterr())


# -- which answers a message holds ------------------------------------------------------------------------

CONSENT = {"consent": True}
UP_TO_CITY = CONSENT | {"name": "M", "role": "worker", "age_band": "50-59", "languages": ["it"]}


def answers(
    text: str,
    asked: str | None,
    *named: tuple[str, str],
    known: dict[str, Any] = CONSENT,
    intent: str = "inform",
    sure: float = 0.9,
) -> list[tuple[str, str]]:
    return given(text, intent, sure, [Named(*one) for one in named], asked, known)


def test_the_named_thing_is_the_answer() -> None:
    assert answers("ich heiße Uwe", "name", ("person_name", "Uwe")) == [("name", "Uwe")]


def test_without_one_the_whole_text_is() -> None:
    assert answers("zum Alten Krug", "sector", known=UP_TO_CITY | {"city": 1}) == [("sector", "zum Alten Krug")]


def test_several_answers_the_asked_one_first() -> None:
    found = answers(
        "I have a bakery in Leeds, Instagram please",
        "city",
        ("sector", "bakery"),
        ("city", "Leeds"),
        ("topic", "Instagram"),
        known=UP_TO_CITY,
    )
    assert found == [("city", "Leeds"), ("sector", "bakery"), ("topics", "Instagram")]


def test_what_was_answered_before_is_not_changed_in_passing() -> None:
    assert answers("Anna from Bonn", "sector", ("person_name", "Anna"), known=UP_TO_CITY | {"city": 1}) == [
        ("sector", "Anna from Bonn")
    ]


def test_a_name_that_is_also_a_town_is_no_town() -> None:
    assert answers("Roma", "name", ("city", "Roma")) == [("name", "Roma")]


def test_several_towns_are_left_to_the_question() -> None:
    text = "Bonn oder Köln"
    assert answers(text, "city", ("city", "Bonn"), ("city", "Köln"), known=UP_TO_CITY) == [("city", text)]


def test_a_list_is_read_out_of_the_whole_sentence() -> None:
    text = "Instagram und ein bisschen Facebook"
    assert answers(text, "topics", ("topic", "Instagram"), known=UP_TO_CITY | {"city": 1, "sector": "x"}) == [
        ("topics", text)
    ]


def test_the_trade_says_more_than_the_firm() -> None:
    found = answers(
        "Bologna, mein Laden ist eine Bäckerei",
        "city",
        ("city", "Bologna"),
        ("business", "mein Laden"),
        ("sector", "Bäckerei"),
        known=UP_TO_CITY,
    )
    assert found == [("city", "Bologna"), ("sector", "Bäckerei")]


@pytest.mark.parametrize(
    "intent",
    [
        "why_ask",
        "help",
        "talk_to_person",
        "change_language",
        "my_data",
        "forget_me",
        "bot_challenge",
        "report_problem",
        "thank",
        "greet",
        "goodbye",
        "go_back",
        "stop",
        "start_again",
    ],
)
def test_a_digression_is_no_answer_unless_rasa_is_unsure(intent: str) -> None:
    assert answers("whatever", "name", intent=intent) == []
    assert answers("whatever", "name", intent=intent, sure=0.4) == [("name", "whatever")]


@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope", "affirm", "deny", "find_match", "how_to"])
def test_anything_else_is_an_answer(intent: str) -> None:
    assert answers("Pizza Express", "sector", known=UP_TO_CITY | {"city": 1}, intent=intent) == [
        ("sector", "Pizza Express")
    ]


def test_a_greeting_with_the_answer_is_the_answer() -> None:
    assert answers("ciao, sono Marco", "name", ("person_name", "Marco"), intent="greet") == [("name", "Marco")]


def test_naming_languages_answers_the_question_for_them() -> None:
    known = CONSENT | {"name": "M", "role": "worker", "age_band": "50-59"}
    text, named = "Deutsch und Englisch", (("language", "Deutsch"), ("language", "Englisch"))
    assert answers(text, "languages", *named, known=known, intent="change_language") == [("languages", text)]
    for name in ("english", "tedesco", "Español", "deutsch 🇩🇪"):  # even when Rasa marks no entity in it
        assert answers(name, "languages", known=known, intent="change_language") == [("languages", name)]
    wish = "können wir bitte auf Deutsch weitermachen"
    assert answers(wish, "languages", ("language", "Deutsch"), known=known, intent="change_language") == []


def test_with_no_question_open_only_named_things_are_answers() -> None:
    assert answers("Bologna, Italia", None, ("city", "Bologna"), known=UP_TO_CITY) == [("city", "Bologna")]
    assert answers("boh", None, known=UP_TO_CITY) == []


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("no, I meant Modena", True),
        ("scusa, Modena", True),
        ("ich habe mich vertippt: Modena", True),
        ("perdón, quise decir Modena", True),
        ("non so, lavoro a Modena", False),
        ("no sé, trabajo en Modena", False),
        ("I work in Modena", False),
    ],
)
def test_only_who_takes_something_back_changes_an_earlier_answer(text: str, corrected: bool) -> None:
    answers = {"consent": True, "name": "Marco", "role": "worker", "age_band": "50-59", "languages": ["it"], "city": 1}
    found = given(text, "inform", 0.9, [Named("city", "Modena")], "sector", answers)
    assert (found == [("city", "Modena")]) == corrected
    assert ("city" in dict(found)) == corrected


async def test_a_rasa_elsewhere_is_answered_when_it_may_be_and_shows_the_token() -> None:
    async with client("10.0.0.7", only_here=False) as known, client("10.0.0.7", "?", only_here=False) as unknown:
        assert (await known.post("/webhook", json=call("action_greet"))).status_code == 200
        assert (await unknown.post("/webhook", json=call("action_greet"))).status_code == 401
