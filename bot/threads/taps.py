"""Talking to a person: the screens of the one who asks, and of the coordinator who answers."""

import html

import structlog

import db.clusters
import db.people
import db.threads
from bot.case import ANYONE, COORDINATOR, Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.messages import Button, Do, Lane, Outgoing
from bot.texts import N_, Tongue, tongue
from bot.threads import rules, service
from bot.threads.rules import HUMAN, LINE, PROBLEM, REPORT
from db.people import Person
from db.threads import Thread

log = structlog.get_logger(__name__)
taps = Taps("threads")

MOST_SHOWN = 8
A_REPORT = 4  # words: less only says that there is a problem, and not which


# -- who asks -------------------------------------------------------------------------------------------


@taps("ask", needs=ANYONE)
async def ask(case: Case, _args: tuple[str, ...]) -> None:
    """Somebody wants a human: may the coordinators see what was written last?"""
    if await _is_with_one_already(case) or await _nobody_is_there(case):
        return None
    newest = rules.last_number(case.talk.recent)
    shared = rules.to_share(case.talk.recent, newest, case.now)
    if not shared:
        return await _open(case, HUMAN, [])
    t = case.t
    case.awaits = True
    quoted = "\n".join(f"• {html.escape(one, quote=False)}" for one in shared)
    case.say(
        t("I will ask your coordinators to answer you here. May they see what you wrote to me last?")
        + f"\n\n<i>{quoted}</i>",
        [Button(t.plain("Yes, show them"), f"threads:open:share:{newest}", means=("affirm",))],
        [Button(t.plain("No, only what I write from now on"), "threads:open:fresh", means=("deny",))],
        [Button(t.plain("Cancel"), "people:stop", means=("stop", "go_back"))],
    )
    return None


@taps("open", needs=ANYONE)
async def open_(case: Case, args: tuple[str, ...]) -> None:
    """The person has decided what may be seen."""
    how = word(args)
    if how not in ("share", "fresh"):
        raise Forged(service.NOT_YOURS)
    up_to = number(args, 1) if how == "share" else 0
    if await _is_with_one_already(case) or await _nobody_is_there(case):
        return None
    case.tick(case.t("Yes, show them") if how == "share" else case.t("No, only what I write from now on"))
    # Exactly what was shown: not the "yes" itself, nor what was written since.
    return await _open(case, HUMAN, rules.to_share(case.talk.recent, up_to, case.now) if how == "share" else [])


async def _open(case: Case, about: str, words: list[str]) -> None:
    await service.open_thread(case, about, words)
    case.say(
        case.t(
            "I have told your coordinators. One of them will answer you here. Meanwhile everything goes on as usual."
        ),
        [_leave(case.t)],
    )
    if case.person.joined_at is None and case.person.consent_at:
        case.wants.append(Do("onboarding:ask"))


def _leave(t: Tongue) -> Button:
    return Button(t.plain("Back to the assistant"), "threads:leave", means=("stop", "go_back"))


async def _is_with_one_already(case: Case) -> bool:
    thread = await db.threads.live(case.session, case.person.id)
    if thread is None:
        return False
    owner = await db.people.get(case.session, thread.owner_id) if thread.owner_id else None
    if owner:
        case.say(case.t("{name} is with you. Just write here.", name=owner.name), [_leave(case.t)])
    else:
        case.say(case.t("Your coordinators know that you are waiting. One of them will answer you here."))
        if case.talk.form.startswith("onboarding"):
            case.wants.append(Do("onboarding:ask"))
    return True


async def _nobody_is_there(case: Case) -> bool:
    if await service.listeners(case):
        return False
    log.warning("threads.nobody_to_ask", person=case.person.id)
    case.say(
        case.t("There is no coordinator for your region yet. I have noted your wish, and I am sorry."),
        [Button(case.t.plain("Menu"), "people:menu")],
    )
    return True


@taps("leave", needs=ANYONE)
async def leave(case: Case, _args: tuple[str, ...]) -> None:
    """The person goes back to the assistant."""
    thread = await db.threads.live(case.session, case.person.id)
    if thread is None:
        return case.wants.append(Do("people:menu"))
    owner = await db.people.get(case.session, thread.owner_id) if thread.owner_id else None
    await service.close(case, thread)
    if owner:
        t = tongue(owner.language)
        text = t("{name} has gone back to the assistant.", name=case.person.name or t("Somebody new"))
        await case.tell(owner, Outgoing(text), Lane.REMINDER, f"{case.key}:thread:left")
    case.say(case.t("You are with the assistant again."))
    return case.wants.append(Do("people:menu"))


# -- a problem ------------------------------------------------------------------------------------------


@taps("problem", needs=ANYONE)
async def problem(case: Case, args: tuple[str, ...]) -> None:
    """Something is wrong: let the person say what, and pass it on only when they say so."""
    if await _nobody_is_there(case):
        return None
    told = word(args) if case.incoming.kind == "words" else ""
    if len(told.split()) >= A_REPORT:
        return await _read_back(case, told)
    return await _ask_for_it(case)


async def _ask_what(case: Case, told: str) -> None:
    """Who has not joined yet keeps the answers that joining has collected."""
    await case.ask_form(REPORT, "words", {**case.talk.answers, "told": told})
    case.awaits = True


@taps("again", needs=ANYONE)
async def again(case: Case, _args: tuple[str, ...]) -> None:
    """After an aside: the report goes on, if it is still being written."""
    if case.talk.form == REPORT:
        told = str(case.talk.answers.get("told", ""))
        await (_read_back(case, told) if told else _ask_for_it(case))


async def _ask_for_it(case: Case) -> None:
    await _ask_what(case, "")
    case.say(
        case.t("I am sorry. What happened? Please write it in your own words; only your coordinators will read it."),
        [Button(case.t.plain("Cancel"), "people:stop", means=("stop", "deny", "go_back"))],
    )


async def _read_back(case: Case, told: str) -> None:
    t = case.t
    await _ask_what(case, told)
    quoted = html.escape(told if len(told) <= 1000 else told[:1000] + "…", quote=False)
    case.say(
        t("I take this seriously. Shall I pass it on to your coordinators?")
        + f"\n\n<i>{quoted}</i>\n\n"
        + t("You can also go on writing first."),
        [Button(t.plain("Yes, pass it on"), "threads:report", means=("affirm",))],
        [Button(t.plain("No, leave it"), "people:stop", means=("deny", "stop", "go_back"))],
    )


@taps("report", needs=ANYONE)
async def report(case: Case, _args: tuple[str, ...]) -> None:
    """What was written goes to the coordinators."""
    told = str(case.talk.answers.get("told", "")) if case.talk.form == REPORT else ""
    if not told:
        return await problem(case, ())
    case.close_form()
    case.talk.answers = {slot: value for slot, value in case.talk.answers.items() if slot != "told"}
    thread = await db.threads.live(case.session, case.person.id)
    if thread is None:
        return await _open(case, PROBLEM, [told])
    return await _say_in(case, thread, told)


# -- what is written ------------------------------------------------------------------------------------


@taps("said", needs=ANYONE)
async def said(case: Case, args: tuple[str, ...]) -> None:
    """Words for the other side: of a coordinator to the person they answer, or of that person."""
    words = word(args)
    if case.talk.form == REPORT:
        told = str(case.talk.answers.get("told", ""))
        return await _read_back(case, f"{told}\n{words}".strip()[:4000])
    if case.talk.form == LINE and case.talk.asked.isdigit():
        return await _answer(case, int(case.talk.asked), words)
    thread = await db.threads.live(case.session, case.person.id)
    if thread is None:
        raise Refused(service.OVER)
    return await _say_in(case, thread, words)


async def _say_in(case: Case, thread: Thread, words: str) -> None:
    """The person speaks: to whoever answers them, or to whoever will."""
    service.note(case, thread, case.person.id, words)
    owner = await db.people.get(case.session, thread.owner_id) if thread.owner_id else None
    if owner is None:
        return case.say(case.t("I have added that for the person who will answer you."), [_leave(case.t)])
    t = tongue(owner.language)
    answer = Button(t.plain("Answer"), f"threads:to:{thread.id}", means=("affirm",))
    return await service.pass_words(case, thread, owner, words, (answer, _hand_back(t, thread)))


async def _answer(case: Case, thread_id: int, words: str) -> None:
    try:
        thread = await service.mine_to_answer(case, thread_id)
    except Refused:
        case.close_form()
        raise
    person = await service.whose(case, thread)
    service.note(case, thread, case.person.id, words)
    await service.pass_words(case, thread, person, words, (_leave(tongue(person.language)),))
    case.say(case.t("Passed on."), [_hand_back(case.t, thread)])


def _hand_back(t: Tongue, thread: Thread) -> Button:
    return Button(t.plain("Hand back"), f"threads:back:{thread.id}")


# -- who answers ----------------------------------------------------------------------------------------


@taps("take", "to", needs=COORDINATOR)
async def take(case: Case, args: tuple[str, ...]) -> None:
    """Take a thread over, or go on writing in one of one's own."""
    thread = await service.thread_for(case, number(args))
    person, is_new = await service.whose(case, thread), thread.owner_id != case.person.id
    if not await service.take(case, thread):
        owner = await db.people.get(case.session, thread.owner_id) if thread.owner_id else None
        name = owner.name if owner and owner.name else case.t("A coordinator")
        return case.say(case.t("{name} answers already.", name=name), [Button(case.t.plain("Menu"), "people:menu")])
    case.tick(case.t("Take over") if is_new else case.t("Answer"))
    await case.ask_form(LINE, str(thread.id), {})
    t = case.t
    lines = [t("What you write now goes to {name}.", name=person.name or t("Somebody new"))]
    if is_new:
        lines += await service.history(case, thread, t)
        await _tell_here(case, person)
    case.say(
        "\n".join(lines),
        [_hand_back(t, thread), Button(t.plain("Pass to a colleague"), f"threads:release:{thread.id}")],
    )
    return None


async def _tell_here(case: Case, person: Person) -> None:
    t = tongue(person.language)
    text = t("{name} is with you now. Just write here; I keep quiet until you are done.", name=case.person.name)
    await case.tell(person, Outgoing(text, ((_leave(t),),)), Lane.REMINDER, f"{case.key}:thread:here")


@taps("back", needs=COORDINATOR)
async def back(case: Case, args: tuple[str, ...]) -> None:
    """Hand the person back to the assistant."""
    thread = await service.mine_to_answer(case, number(args))
    person = await service.whose(case, thread)
    await service.close(case, thread)
    case.tick(case.t("Hand back"))
    await _tell_back(case, person, thread)
    _close_line(case, thread)
    case.say(
        case.t("{name} is with the assistant again.", name=person.name or case.t("Somebody new")),
        [Button(case.t.plain("Conversations"), "threads:mine"), Button(case.t.plain("Menu"), "people:menu")],
    )


async def _tell_back(case: Case, person: Person, thread: Thread) -> None:
    t = tongue(person.language)
    go_on = Button(t.plain("Menu") if person.joined_at else t.plain("Go on"), "people:menu", means=("affirm",))
    message = Outgoing(t("You are with the assistant again."), ((go_on,),))
    await case.tell(person, message, Lane.REMINDER, f"thread:{thread.id}:back")


def _close_line(case: Case, thread: Thread) -> None:
    if case.talk.form == LINE and case.talk.asked == str(thread.id):
        case.close_form()


@taps("release", needs=COORDINATOR)
async def release(case: Case, args: tuple[str, ...]) -> None:
    """Let a colleague go on."""
    thread = await service.mine_to_answer(case, number(args))
    others = await service.colleagues(case, thread)
    if not others:
        raise Refused(N_("You are the only coordinator here. You can hand back to the assistant."))
    await service.release(case, thread)
    case.tick(case.t("Pass to a colleague"))
    await service.call(case, thread, others, "passed")
    person = await service.whose(case, thread)
    t = tongue(person.language)
    text = t("Somebody else will go on with you here.")
    await case.tell(person, Outgoing(text, ((_leave(t),),)), Lane.REMINDER, f"{case.key}:thread:passed")
    _close_line(case, thread)
    case.say(case.t("I have asked your colleagues."), [Button(case.t.plain("Menu"), "people:menu")])


@taps("mine", needs=COORDINATOR)
async def mine(case: Case, _args: tuple[str, ...]) -> None:
    """The conversations a coordinator is in, and those that wait for one."""
    clusters = await db.clusters.coordinated_by(case.session, case.person.id)
    languages = sorted({language for cluster in clusters for language in cluster.languages})
    waits = await db.threads.waiting(case.session, [cluster.id for cluster in clusters], languages)
    waits = [one for one in waits if one.person_id != case.person.id]
    owned = await db.threads.owned_by(case.session, case.person.id)
    t = case.t
    if not waits and not owned:
        return case.say(t("Nobody is waiting for you."), [Button(t.plain("Menu"), "people:menu")])
    buttons: list[list[Button]] = []
    for thread, label, what in (
        *((one, "✍️ {name}", "to") for one in owned[:MOST_SHOWN]),
        *((one, "⏳ {name}", "take") for one in waits[:MOST_SHOWN]),
    ):
        name = (await service.whose(case, thread)).name or t.plain("Somebody new")
        buttons.append([Button(label.format(name=name), f"threads:{what}:{thread.id}")])
    text = "\n".join(
        (
            t.n("{n} conversation is yours.", "{n} conversations are yours.", len(owned)),
            t.n("{n} person is waiting for an answer.", "{n} people are waiting for an answer.", len(waits)),
        )
    )
    return case.say(text, *buttons, [Button(t.plain("Menu"), "people:menu")])
