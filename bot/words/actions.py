"""The address that Rasa calls for its actions. Each answers with a use case by name; none changes anything.

Served on loopback only, unless told otherwise, to whoever shows the token. Nothing is kept between two calls, so any
replica's actions serve any Rasa. Rasa hands what the actions answer to its channel, the channel
to :mod:`bot.words.client`, and the turn carries it all out in one transaction.
"""

import hmac
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, cast

import structlog
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import ActionExecutor, ActionExecutorRunResult, CollectingDispatcher
from rasa_sdk.interfaces import ActionNotFoundException, Tracker
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import bot.announcements.actions
import bot.lessons.actions
import bot.matching.actions
import bot.meetings.actions
import bot.onboarding.actions
import bot.people.actions
import bot.threads.actions
from bot.messages import Do
from bot.onboarding.actions import ANSWER, SUGGEST, Named, given, told
from bot.onboarding.rules import missing
from bot.settings import is_here
from bot.words.forms import FORMS, Form, is_an_aside

log = structlog.get_logger(__name__)

NOUNS: tuple[ModuleType, ...] = (
    bot.people.actions,
    bot.onboarding.actions,
    bot.lessons.actions,
    bot.matching.actions,
    bot.meetings.actions,
    bot.announcements.actions,
    bot.threads.actions,
)
ONBOARDING_FORM = "validate_onboarding_form"

Event = dict[str, Any]
Read = Callable[[str, str], str]
Action = Callable[[CollectingDispatcher, Tracker, Any], list[Event]]


def everything_done() -> dict[str, str]:
    """Every action's use case: `{"action_greet": "people:hello", …}`."""
    return {action: what for noun in NOUNS for action, what in cast(dict[str, str], noun.DOES).items()}


def executor() -> ActionExecutor:
    """rasa-sdk's executor with every action of every noun."""
    reads: dict[str, Read] = {}
    for noun in NOUNS:
        reads |= cast(dict[str, Read], getattr(noun, "READS", {}))
    ready = ActionExecutor()
    register = cast(Any, ready).register_function  # typed only in part
    for action, what in everything_done().items():
        register(action, _naming(what, reads.get(action)))
    register("action_inform", inform)
    register(ONBOARDING_FORM, validate_onboarding_form)
    for form in FORMS.values():
        register(f"validate_{form.name}", _validating(form))
    return ready


def _naming(what: str, read: Read | None) -> Action:
    """An action that names its use case; the message's text is the last argument."""

    def action(dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Event]:
        text, language = _text(tracker), str(_slots(tracker).get("language") or "en")
        say(dispatcher, Do(what, (read(text, language), text) if read else (text,)))
        return []

    return action


def say(dispatcher: CollectingDispatcher, do: Do) -> None:
    """Hand a use case to Rasa, as the JSON that comes out of the channel again."""
    dispatcher.utter_message(json_message={"what": do.what, "args": list(do.args)})


def inform(dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Event]:
    """Somebody says something about themself: what it would change, if it names such a thing."""
    text = _text(tracker)
    news = told(_named(tracker))
    say(dispatcher, Do(SUGGEST, (*news, text)) if news else Do(everything_done()["action_inform"], (text,)))
    return []


def _validating(form: Form) -> Action:
    """Takes what was written for the form, unless it is an aside: then that intent's own rule speaks."""

    def validate(dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Event]:
        text = _text(tracker)
        intent, confidence = _intent(tracker)
        names_a_time = any(one.entity == "time" for one in _named(tracker))
        if is_an_aside(form, intent, confidence, text, names_a_time):
            return [SlotSet("requested_slot", form.slot)]
        say(dispatcher, Do(form.said, (text,)))
        return [SlotSet(form.slot, text), SlotSet("requested_slot", None)]

    return validate


def _intent(tracker: Tracker) -> tuple[str, float]:
    intent = cast(dict[str, Any], tracker.latest_message.get("intent") or {})
    return str(intent.get("name")), float(intent.get("confidence") or 0)


def _named(tracker: Tracker) -> list[Named]:
    entities = cast(list[dict[str, Any]], tracker.latest_message.get("entities") or [])
    return [Named(str(one["entity"]), str(one["value"])) for one in entities]


def validate_onboarding_form(dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Event]:
    """Find the answers in the message and say which question Rasa's form should hold open next.

    A digression yields no answer: Rasa then lets that intent's own rule speak, and comes back here.
    """
    slots = _slots(tracker)
    asked = cast(str | None, slots.get("requested_slot"))
    answers = {slot: value for slot, value in slots.items() if value is not None}
    found = given(_text(tracker), *_intent(tracker), _named(tracker), asked, answers)
    for slot, words in found:
        say(dispatcher, Do(ANSWER, (slot, words)))
    if not found:
        return [SlotSet("requested_slot", asked)]
    left = missing({**answers, **dict(found)})
    return [*(SlotSet(slot, words) for slot, words in found), SlotSet("requested_slot", next(iter(left), None))]


def _text(tracker: Tracker) -> str:
    return str(tracker.latest_message.get("text") or "")


def _slots(tracker: Tracker) -> Mapping[str, Any]:
    return tracker.slots


def create_app(token: str, *, only_here: bool = True) -> Starlette:
    """The ASGI app: `POST /webhook`, rasa-sdk's protocol. With `only_here` no other machine is answered."""
    ready, shown = executor(), f"Bearer {token}".encode()

    async def webhook(request: Request) -> JSONResponse:
        if only_here and not (request.client and is_here(request.client.host)):
            log.warning("actions.refused", why="not from here")
            return JSONResponse({"error": "Only this machine may call actions."}, 403)
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), shown):
            log.warning("actions.refused", why="wrong token")
            return JSONResponse({"error": "unauthorized"}, 401)
        try:
            call: Any = await request.json()
        except ValueError:
            return JSONResponse({"error": "not JSON"}, 400)
        return await _run(ready, call)

    return Starlette(routes=[Route("/webhook", webhook, methods=["POST"])])


async def _run(ready: ActionExecutor, call: Any) -> JSONResponse:
    """One action. Answers as rasa-sdk does: 404 for an action that is unknown, 400 for a call that is none."""
    if not isinstance(call, dict):
        return JSONResponse({"error": "not an action call"}, 400)
    asked = cast(dict[str, Any], call)
    if not isinstance(asked.get("next_action"), str) or not isinstance(asked.get("tracker"), dict):
        return JSONResponse({"error": "not an action call"}, 400)
    # No action of ours needs Rasa's domain, and it is not sent; rasa-sdk insists on having one.
    asked.setdefault("domain", {})
    action, sender = asked["next_action"], asked.get("sender_id")
    try:
        result: ActionExecutorRunResult | None = await cast(Any, ready).run(asked)
    except ActionNotFoundException as error:
        log.error("actions.unknown", action=action)
        return JSONResponse({"error": error.message, "action_name": error.action_name}, 404)
    except Exception as error:
        # The message of an error could hold what the person wrote; its kind cannot.
        log.error("actions.failed", action=action, turn=sender, kind=type(error).__name__)
        return JSONResponse({"error": type(error).__name__, "action_name": action}, 500)
    log.debug("actions.done", action=action, turn=sender)
    return JSONResponse(result.model_dump() if result else None)
