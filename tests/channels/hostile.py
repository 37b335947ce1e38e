"""Updates that Telegram would never send, for Hypothesis."""

from typing import Any

from hypothesis import strategies as st

KINDS = ("message", "edited_message", "callback_query", "poll_answer", "my_chat_member", "channel_post", "surprise")

texts = st.text(max_size=20) | st.sampled_from(["\0", "\ud83d", "a\0b", "/start", "/", "٣", "\u202e", "x" * 5000])
numbers = st.integers() | st.floats() | st.sampled_from([0, -1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 10**300])
leaves = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)

people = st.fixed_dictionaries(
    {"id": leaves | st.integers(1, 10**10), "is_bot": leaves, "first_name": leaves},
    optional={"language_code": leaves, "username": leaves},
)
chats = st.fixed_dictionaries({"id": leaves | st.integers(1, 10**10), "type": st.just("private") | leaves})
messages = st.fixed_dictionaries(
    {"message_id": leaves, "date": st.integers(0, 2**31) | leaves, "chat": chats | leaves},
    optional={
        "from": people | leaves,
        "text": texts | anything,
        "entities": anything,
        "photo": anything,
        "location": anything,
        "caption": anything,
    },
)
taps = st.fixed_dictionaries(
    {"id": leaves, "from": people | leaves, "chat_instance": leaves, "data": texts | leaves},
    optional={"message": messages | leaves},
)
votes = st.fixed_dictionaries(
    {"poll_id": leaves, "user": people | leaves, "option_ids": anything, "option_persistent_ids": anything}
)
changes = st.fixed_dictionaries(
    {"chat": chats | leaves, "from": people | leaves, "date": leaves, "new_chat_member": anything}
)
contents = messages | taps | votes | changes | anything


def updates(ids: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An update of any kind with anything in it, or nearly a good one."""
    one = st.sampled_from(KINDS).flatmap(lambda kind: st.fixed_dictionaries({kind: contents}))
    return st.tuples(ids, one, st.dictionaries(texts, leaves, max_size=2)).map(
        lambda parts: {**parts[2], **parts[1], "update_id": parts[0]}
    )
