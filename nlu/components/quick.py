"""What makes a turn quick, and what makes a failure visible. Imported by the channel, once per process.

Rasa checks every action's answer against a JSON schema that it builds and checks anew each time (half of a turn's
time), opens a new connection for every action, and writes a failing action to its log where the caller never sees it.
"""

import contextvars
from typing import Any, Dict, List, Optional

import aiohttp
import rasa.core.actions.action
from jsonschema.validators import validator_for
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

ACTION_S = 3.5  # an action that takes longer has failed; Rasa's own limit is five minutes, the app's for a turn 4 s

# What went wrong in the actions of this turn. The channel puts a fresh list here before each turn.
failures: "contextvars.ContextVar[List[BaseException]]" = contextvars.ContextVar("failures")

_schema = RemoteAction.action_response_format_spec()
_answers = validator_for(_schema)(_schema)
_run = RemoteAction.run


def _check_answer(self: RemoteAction, result: Dict[str, Any]) -> bool:
    _answers.validate(result)
    return True


async def _run_and_tell(self: RemoteAction, *args: Any, **kwargs: Any) -> Any:
    try:
        return await _run(self, *args, **kwargs)
    except ActionExecutionRejection:
        raise  # a form says "not an answer": part of the dialogue
    except Exception as error:
        failed = failures.get(None)
        if failed is not None:
            failed.append(error)
        raise


class _KeptOpen:
    """A client session that leaving its `async with` does not close, so that connections are used again."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self._session

    async def __aexit__(self, *_: Any) -> None:
        return None


_open_session = EndpointConfig.session


def _session(self: EndpointConfig) -> Any:
    if self.basic_auth:
        return _open_session(self)
    kept: Optional[aiohttp.ClientSession] = getattr(self, "_kept", None)
    if kept is None or kept.closed:
        # Let go of a connection before the other side does (uvicorn: 5 s), or a call would meet a closed door.
        doors = aiohttp.TCPConnector(keepalive_timeout=2)
        kept = self._kept = aiohttp.ClientSession(headers=self.headers, connector=doors)  # type: ignore[attr-defined]
    return _KeptOpen(kept)


def make_quick() -> None:
    """Put the quicker parts in place. Calling it twice changes nothing."""
    rasa.core.actions.action.DEFAULT_REQUEST_TIMEOUT = ACTION_S  # type: ignore[attr-defined]
    RemoteAction._validate_action_result = _check_answer  # type: ignore[method-assign]
    RemoteAction.run = _run_and_tell  # type: ignore[method-assign]
    EndpointConfig.session = _session  # type: ignore[method-assign]


class TurnStore(TrackerStore):
    """Trackers of the turns under way, as they are: nothing is written out and read back.

    The app keeps the conversations; here one lives as long as its turn, and the channel forgets it.
    """

    def __init__(self, domain: Any, event_broker: Any = None, **kwargs: Any) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self._trackers: Dict[str, DialogueStateTracker] = {}

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep a tracker until it is forgotten."""
        self._trackers[tracker.sender_id] = tracker

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The tracker of a turn, or None."""
        return self._trackers.get(sender_id)

    async def keys(self) -> List[str]:
        """The turns under way."""
        return list(self._trackers)

    async def delete(self, sender_id: str) -> None:
        """Forget a turn; an unknown one is forgotten already."""
        self._trackers.pop(sender_id, None)
