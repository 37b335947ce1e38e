"""The app's way into Rasa: one request is one turn, and brings along where the person stands.

The request and its answer are described at `TwogetherChannel.turn`. Nothing is kept between turns.
"""

import hmac
import itertools
import logging
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse

from nlu.components.quick import TurnStore, failures, make_quick

logger = logging.getLogger(__name__)

LONGEST = 1000  # characters of a message that are read


class BadRequest(Exception):
    """The request does not say what a turn needs; the text says what is missing."""


def where_they_stand(state: Dict[Text, Any], domain: Domain) -> List[Event]:
    """The events that put a fresh tracker where the person stands. Answers that Rasa has no slot for are left out.

    Raises BadRequest when the state names a form or asks for a slot that this model does not have.
    """
    known = {slot.name for slot in domain.slots}
    answers = state.get("answers") or {}
    slots = {"language": state.get("language"), "role": state.get("role"), **answers}
    form, asked = state.get("form"), state.get("asked")
    if form and form not in domain.form_names:
        raise BadRequest(f"no form {form!r}")
    if asked and asked not in known:
        raise BadRequest(f"no slot {asked!r}")
    events: List[Event] = [
        SlotSet(name, value) for name, value in slots.items() if name in known and value not in (None, "")
    ]
    if form:
        events += [ActiveLoop(form), SlotSet(REQUESTED_SLOT, asked)]
    return [*events, ActionExecuted(ACTION_LISTEN_NAME)]


def _read(body: Any) -> "tuple[Text, Text, Dict[Text, Any]]":
    if not isinstance(body, dict):
        raise BadRequest("not a JSON object")
    sender, message, state = body.get("sender"), body.get("message"), body.get("state", {})
    if not isinstance(sender, str) or not sender:
        raise BadRequest("no sender")
    if not isinstance(message, str):
        raise BadRequest("no message")
    if not isinstance(state, dict) or not isinstance(state.get("answers") or {}, dict):
        raise BadRequest("no state")
    # To Rasa a leading slash means "this is the name of an intent"; people's words never do.
    return sender, message.strip().lstrip("/").strip()[:LONGEST], state


def _turns(agent: Any) -> TurnStore:
    """The agent's store of turns; whatever store it was started with gives way to ours."""
    store = agent.processor.tracker_store
    if not isinstance(store, TurnStore):
        store = agent.processor.tracker_store = agent.tracker_store = TurnStore(agent.domain)
    return store


class TwogetherChannel(InputChannel):
    """`POST /webhooks/twogether/webhook`, for bearers of the token."""

    @classmethod
    def name(cls) -> Text:
        """The last part of the channel's address."""
        return "twogether"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "TwogetherChannel":
        """The channel with the token of the credentials file; without one it does not start."""
        token = (credentials or {}).get("token")
        if not token:
            cls.raise_missing_credentials_exception()
        return cls(str(token))

    def __init__(self, token: Text) -> None:
        self._pass = f"Bearer {token}".encode()
        self._turns = itertools.count(1)
        make_quick()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The channel's two addresses: `/` says whether a model is loaded, `/webhook` takes a turn."""
        blueprint = Blueprint("twogether_channel", __name__)

        @blueprint.get("/")
        async def health(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            if agent is None or not agent.is_ready():
                return response.json({"status": "no model"}, status=503)
            return response.json({"status": "ok", "model": agent.model_name})

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            shown = request.headers.get("authorization", "").encode()
            if not hmac.compare_digest(shown, self._pass):
                return response.json({"error": "unauthorized"}, status=401)
            try:
                return response.json(await self.turn(request.json, request.app.ctx.agent, on_new_message))
            except (BadRequest, SanicException) as error:
                return response.json({"error": str(error)}, status=400)
            except Exception:
                logger.exception("A turn failed.")
                return response.json({"error": "failed"}, status=500)

        return blueprint

    async def turn(
        self, body: Any, agent: Any, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Dict[Text, Any]:
        """One message of one person.

        `body`: `{"sender": "p17", "message": "…", "state": {"language": "it", "role": "worker",
        "form": "onboarding_form" or null, "asked": "city" or null, "answers": {"name": "…"}}}`.
        The answer: `{"intent": {"name", "confidence"}, "entities": [{"entity", "value", "start", "end"}],
        "do": [{"what": "noun:verb", "args": ["…"]}], "error": null}`; `do` in the order of the actions.
        Raises BadRequest, and whatever failed in an action.
        """
        sender, text, state = _read(body)
        turn = f"{sender}.{next(self._turns)}"
        store = _turns(agent)
        tracker = DialogueStateTracker(turn, agent.domain.slots)
        tracker.update_with_events(where_they_stand(state, agent.domain), agent.domain)
        failed: List[BaseException] = []
        failures.set(failed)
        said = CollectingOutputChannel()
        try:
            await store.save(tracker)
            await on_new_message(UserMessage(text, said, turn, input_channel=self.name()))
            heard = (await store.retrieve(turn)).latest_message
        finally:
            await store.delete(turn)
        if failed:
            raise failed[0]
        return {
            "intent": {key: heard.intent.get(key) for key in ("name", "confidence")},
            "entities": [
                {key: entity.get(key) for key in ("entity", "value", "start", "end")} for entity in heard.entities
            ],
            "do": [message["custom"] for message in said.messages if "custom" in message],
            "error": None,
        }
