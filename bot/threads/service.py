"""The use cases of threads, inside the transaction that the turn opened."""

import html
from collections.abc import Sequence

import db.audit
import db.clusters
import db.people
import db.threads
from bot.case import Case
from bot.errors import Forged, Refused
from bot.messages import Button, Lane, Outgoing
from bot.people import service as people
from bot.people.rules import pieces
from bot.texts import N_, Tongue, tongue
from bot.threads import rules
from db.people import Person
from db.threads import Thread, ThreadMessage

NOT_YOURS = N_("I don't know this button. Here is what I can do:")
OVER = N_("This conversation has ended.")


async def listeners(case: Case) -> list[Person]:
    """The coordinators who may answer this person."""
    return await people.coordinators_for(case.session, case.person, case.person.cluster_id)


async def open_thread(case: Case, about: str, words: Sequence[str]) -> Thread:
    """Begin a thread with these words of the person, and let the coordinators know."""
    thread = Thread(
        person_id=case.person.id,
        cluster_id=case.person.cluster_id,
        about=about,
        opened_at=case.now,
        spoken_at=case.now,
    )
    case.session.add(thread)
    await case.session.flush()
    for one in words:
        note(case, thread, case.person.id, one)
    await case.session.flush()
    db.audit.note(case.session, case.now, case.person.id, "thread", f"thread:{thread.id}", about=about)
    await call(case, thread, await listeners(case), "open")
    return thread


async def call(case: Case, thread: Thread, coordinators: Sequence[Person], why: str) -> None:
    """Tell the coordinators that somebody waits for one of them."""
    person = await whose(case, thread)
    for one in coordinators:
        key = f"thread:{thread.id}:{why}:{case.key}:{one.id}"
        await case.tell(one, await waits(case, thread, person, one), Lane.REMINDER, key)


async def waits(case: Case, thread: Thread, person: Person, reader: Person) -> Outgoing:
    """ "Marco would like to talk to a person", with what he shared."""
    t = tongue(reader.language)
    lines = [_headline(thread, person, t), *await history(case, thread, t)]
    take = Button(t.plain("Take over"), f"threads:take:{thread.id}", means=("affirm",))
    return Outgoing("\n".join(lines), ((take,),))


def _headline(thread: Thread, person: Person, t: Tongue) -> str:
    name = person.name or t("Somebody new")
    if thread.about == rules.PROBLEM:
        return t("<b>{name}</b> reports a problem.", name=name)
    return t("<b>{name}</b> would like to talk to a person.", name=name)


async def history(case: Case, thread: Thread, t: Tongue) -> list[str]:
    """What was said so far, the oldest first, as lines of at most one message together."""
    person = await whose(case, thread)
    lines: list[str] = []
    room = 3000
    for one in reversed(await db.threads.messages(case.session, thread.id, rules.READ_BACK)):
        who = person.name or t("Somebody new")
        if one.writer_id != thread.person_id:
            writer = await db.people.get(case.session, one.writer_id) if one.writer_id else None
            who = writer.name if writer and writer.name else t("A coordinator")
        words = one.words if len(one.words) <= 500 else one.words[:500] + "…"
        line = f"<b>{html.escape(who, quote=False)}</b>: {html.escape(words, quote=False)}"
        room -= len(line)
        if room < 0:
            break
        lines.insert(0, line)
    return ["", *lines] if lines else []


def note(case: Case, thread: Thread, writer_id: int, words: str) -> None:
    """Keep what was said."""
    thread.spoken_at = case.now
    case.session.add(ThreadMessage(thread_id=thread.id, writer_id=writer_id, words=words, at=case.now))


async def whose(case: Case, thread: Thread) -> Person:
    """The person who asked for somebody."""
    person = await db.people.get(case.session, thread.person_id)
    if person is None:
        raise Forged(NOT_YOURS)
    return person


async def may_take(case: Case, thread: Thread) -> bool:
    """Whether this coordinator may see the thread: it is of a cluster of theirs, or of nobody's and in a language
    of theirs."""
    if thread.person_id == case.person.id:
        return False
    if thread.cluster_id is not None:
        return await case.coordinates(thread.cluster_id)
    person = await whose(case, thread)
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    return any(person.language in cluster.languages for cluster in mine)


async def thread_for(case: Case, thread_id: int) -> Thread:
    """The thread a coordinator's button names. Refuses one that is not theirs to see, or is over."""
    thread = await db.threads.get(case.session, thread_id)
    if thread is None or not await may_take(case, thread):
        raise Forged(NOT_YOURS)
    if thread.closed_at is not None:
        raise Refused(OVER)
    return thread


async def mine_to_answer(case: Case, thread_id: int) -> Thread:
    """The same, and this coordinator must be the one who answers it."""
    thread = await thread_for(case, thread_id)
    if thread.owner_id != case.person.id:
        raise Refused(N_("Somebody else answers in this conversation now."))
    return thread


async def take(case: Case, thread: Thread) -> bool:
    """Become the one who answers; False when a colleague was faster."""
    if thread.owner_id == case.person.id:
        return True
    if not await db.threads.take(case.session, thread.id, case.person.id):
        await case.session.refresh(thread)
        return False
    await case.session.refresh(thread)
    db.audit.note(case.session, case.now, case.person.id, "thread_take", f"thread:{thread.id}")
    return True


async def pass_words(case: Case, thread: Thread, to: Person, words: str, buttons: tuple[Button, ...]) -> None:
    """Hand on what one of the two wrote, whole. Not a reply, though a person answers: it is of use after a break."""
    t = tongue(to.language)
    name = case.person.name or t("Somebody new")
    for place, piece in enumerate(pieces(words)):
        message = Outgoing(t("<b>{name}</b> writes: {words}", name=name, words=piece), (buttons,))
        await case.tell(to, message, Lane.REMINDER, f"{case.key}:thread:{place}")


async def close(case: Case, thread: Thread) -> None:
    """The conversation is over; the person is with the assistant again."""
    thread.closed_at = case.now
    db.audit.note(case.session, case.now, case.person.id, "thread_close", f"thread:{thread.id}")


async def release(case: Case, thread: Thread) -> None:
    """Whoever answered does not go on: it waits for a colleague."""
    thread.owner_id, thread.asked_again = None, False
    thread.opened_at = case.now  # it waits anew from here
    db.audit.note(case.session, case.now, case.person.id, "thread_release", f"thread:{thread.id}")


async def colleagues(case: Case, thread: Thread) -> list[Person]:
    """The other coordinators who may take this thread."""
    person = await whose(case, thread)
    may = await people.coordinators_for(case.session, person, thread.cluster_id)
    return [one for one in may if one.id != case.person.id]


async def leave_for_good(case: Case) -> None:
    """Somebody erases their data: whoever talks with them learns that it is over; what they answered waits anew."""
    thread = await db.threads.live(case.session, case.person.id)
    if thread and thread.owner_id:
        owner = await db.people.get(case.session, thread.owner_id)
        if owner:
            t = tongue(owner.language)
            text = t("{name} has left the programme, so your conversation has ended.", name=case.person.name)
            await case.tell(owner, Outgoing(text), Lane.REMINDER, f"{case.key}:thread:left")
    for owned in await db.threads.owned_by(case.session, case.person.id):
        await release(case, owned)
        await call(case, owned, await colleagues(case, owned), "left")


people.LEAVING.append(leave_for_good)
