"""The onboarding's screens: ask, take an answer, go back, finish. Words and taps meet here."""

import html
from typing import Any

from bot.case import ANYONE, JOINED, TAP_BYTES, Case, Taps, word
from bot.errors import Forged, Refused
from bot.messages import Button, Do
from bot.onboarding import answers as reading
from bot.onboarding import rules, service
from bot.onboarding.screens import SHORT, picked_of, show
from bot.people import places
from bot.people.menu import help_row, keyboard
from bot.texts import N_

taps = Taps("onboarding")


@taps("ask", "start", needs=ANYONE)
async def ask(case: Case, args: tuple[str, ...]) -> None:
    """The next question; for a participant, the menu."""
    if case.person.joined_at is not None and not case.talk.form.startswith("onboarding"):
        if case.said:
            return None  # the last answer has just been taken
        return case.say(case.t("You take part already. What would you like to do?"), help_row(case))
    if case.person.erase_at is not None:
        return None  # who has just said no is not asked on
    if case.awaits:
        return None  # one question at a time
    answers = service.answers_of(case)
    role = word(args)
    if role in ("worker", "trainer") and "role" not in answers and "consent" in answers:
        answers["role"] = role
    slot = rules.next_question(answers)
    if slot is None:
        return await _finish(case)
    if case.talk.asked in rules.missing(answers):
        slot = case.talk.asked
    await case.ask_form(service.FORM, slot, answers)
    show(case, slot, answers)
    return None


@taps("pick", needs=ANYONE)
async def pick(case: Case, args: tuple[str, ...]) -> None:
    """A button with one answer was tapped."""
    slot, key = word(args, 0), ":".join(args[1:])
    if slot == "name" and case.incoming.kind == "words" and _letters(key) != _letters(case.incoming.text):
        key = case.incoming.text  # "Inés" presses a button that reads "Ines"; but her name is as she writes it
    found = reading.pick(slot, key, case.t)
    if not found.understood:
        raise Forged(N_("I don't know this button. Here is what I can do:"))
    if not _is_open(case, slot) or not rules.fits(slot, found.value, service.answers_of(case)):
        return await _already_answered(case)
    case.tick(found.heard if slot == "city" else _label(case, slot, found.value))
    await service.keep(case, slot, found.value)
    if slot == "name":
        case.preface = html.escape(found.heard, quote=False)
    return await ask(case, ())


@taps("toggle", needs=ANYONE)
async def toggle(case: Case, args: tuple[str, ...]) -> None:
    """One of several answers was switched on or off; the same message changes."""
    slot, key = word(args, 0), word(args, 1)
    if slot not in rules.SEVERAL or key not in dict(reading.options(slot, case.t)):
        raise Forged(N_("I don't know this button. Here is what I can do:"))
    if not _is_open(case, slot):
        return await _already_answered(case)
    answers = service.answers_of(case)
    picked = dict(answers.get("picked", {}))
    picked[slot] = rules.toggle(picked_of(case, slot, answers), key)
    answers["picked"] = picked
    await case.ask_form(service.FORM, slot, answers)
    return show(case, slot, answers, edit=True)


@taps("done", needs=ANYONE)
async def done(case: Case, args: tuple[str, ...]) -> None:
    """Enough answers are picked."""
    slot = word(args)
    if slot not in rules.SEVERAL:
        raise Forged(N_("I don't know this button. Here is what I can do:"))
    if not _is_open(case, slot):
        return await _already_answered(case)
    value = reading.picked_value(slot, picked_of(case, slot, service.answers_of(case)), case.t)
    if not value:
        raise Refused(N_("Please choose at least one."))
    case.tick(reading.spoken(slot, value, case.t))
    await service.keep(case, slot, value)
    return await ask(case, ())


@taps("answer", needs=ANYONE)
async def answer(case: Case, args: tuple[str, ...]) -> None:
    """Words that answer a question. Whoever calls this asks afterwards; the last answer finishes by itself."""
    slot, text = word(args, 0), word(args, 1)
    if case.person.joined_at is not None and not case.talk.form.startswith("onboarding"):
        return await _already_answered(case)
    if case.person.joined_at is not None and slot in service.answers_of(case):
        return None  # only what was asked changes
    if slot != "consent" and "consent" not in service.answers_of(case):
        return None  # first things first: nothing is kept before the person has agreed
    found = reading.read(slot, text, case.t, service.answers_of(case))
    if found.ends and case.person.joined_at is None:
        return await _end(case, slot, found.problem)
    if found.understood:
        await service.keep(case, slot, found.value)
        heard = html.escape(found.heard or _label(case, slot, found.value), quote=False)
        case.preface = "\n".join(line for line in (case.preface, heard if slot == "name" else f"✓ {heard}") if line)
        if slot == "consent":
            case.preface = ""
        if rules.next_question(service.answers_of(case)) is None:
            await _finish(case)
        return None
    if slot in (case.talk.asked, ""):
        case.preface = "\n".join(line for line in (case.preface, found.problem) if line)
        case.choices = found.choices


@taps("suggest", needs=ANYONE)
async def suggest(case: Case, args: tuple[str, ...]) -> None:
    """A participant says something new about themself: shall that change?"""
    slot, words = word(args, 0), word(args, 1)
    person = case.person
    if person.joined_at is None or slot not in rules.needed({"role": person.role}):
        return case.wants.append(Do("people:inform"))
    await service.edit_again(case, slot)
    found = reading.read(slot, words, case.t, service.answers_of(case))
    if not found.understood:
        case.close_form()
        return case.wants.append(Do("people:inform"))
    t, label = case.t, found.heard or _label(case, slot, found.value)
    case.preface = t("You wrote: {words}. Shall I change that?", words=label)
    if slot in rules.SEVERAL:
        answers = service.answers_of(case)
        known = [str(one) for one in getattr(person, slot)]
        new = [str(one) for one in found.value if str(one) not in known]
        await case.ask_form(service.FORM, slot, {**answers, "picked": {slot: [*known, *new]}})
    else:
        yes = f"onboarding:pick:{slot}:{found.value}"
        if len(yes.encode()) <= TAP_BYTES:
            case.choices = (Button(t.plain("Yes, change it"), yes, means=("affirm",)),)
    return show(case, slot, service.answers_of(case))


@taps("place", needs=ANYONE)
async def place(case: Case, _args: tuple[str, ...]) -> None:
    """A position was shared: the nearest town is the answer, if the town is what was asked."""
    if case.talk.asked != "city" or case.incoming.latitude is None or case.incoming.longitude is None:
        case.say(case.t("Thank you, but I do not need your location now."))
        return
    near = places.near(case.incoming.latitude, case.incoming.longitude)
    if near is None:
        raise Refused(N_("I know no town near there. Please write the name of your town."))
    await service.keep(case, "city", near.id)
    case.preface = f"✓ {html.escape(places.label(near, case.t.language), quote=False)}"
    await ask(case, ())


@taps("back", needs=ANYONE)
async def back(case: Case, _args: tuple[str, ...]) -> None:
    if case.person.joined_at is not None:
        case.close_form()  # one answer was to change, and does not
        return await change(case, ())
    answers = service.answers_of(case)
    before = rules.previous(answers, case.talk.asked)
    if before is None or not case.talk.form.startswith("onboarding"):
        case.preface = case.t("This is the first question.")
        return await ask(case, ())
    await service.reopen(case, before)
    return await ask(case, ())


@taps("stop", needs=ANYONE)
async def stop(case: Case, _args: tuple[str, ...]) -> None:
    from bot.people.taps import stop as stop_here

    await stop_here(case, ())


@taps("restart", needs=ANYONE)
async def restart(case: Case, _args: tuple[str, ...]) -> None:
    """From the first question again; consent, once given, stands."""
    if case.person.joined_at is not None:
        return await change(case, ())
    kept = {"consent": True} if case.person.consent_at else {}
    await case.ask_form(service.FORM, "", kept)
    case.preface = case.t("All right, from the beginning.")
    return await ask(case, ())


@taps("no", needs=ANYONE)
async def no(case: Case, _args: tuple[str, ...]) -> None:
    """No consent: nothing is kept."""
    if case.person.joined_at is not None:
        return await _already_answered(case)
    if case.person.consent_at is not None:
        case.wants.append(Do("people:forget"))  # an old button: what was answered since is not dropped unasked
        return None
    return await _end(case, "consent", reading.read("consent", "no", case.t, {}).problem)


@taps("change", needs=JOINED)
async def change(case: Case, _args: tuple[str, ...]) -> None:
    """Which answer shall change?"""
    if case.person.role == "coordinator":
        slots: tuple[str, ...] = ("name",)
    else:
        slots = tuple(one for one in rules.needed({"role": case.person.role}) if one not in ("consent", "role"))
    buttons = [Button(case.t.plain(SHORT[slot]), f"onboarding:edit:{slot}") for slot in slots]
    case.say(
        case.t("What would you like to change?"),
        *[buttons[i : i + 2] for i in range(0, len(buttons), 2)],
        help_row(case),
    )


@taps("edit", needs=JOINED)
async def edit(case: Case, args: tuple[str, ...]) -> None:
    slot = word(args)
    if slot not in SHORT or slot not in rules.needed({"role": case.person.role}):
        raise Forged(N_("I don't know this button. Here is what I can do:"))
    await service.edit_again(case, slot)
    await ask(case, ())


@taps("age", needs=ANYONE)
async def another_age(case: Case, _args: tuple[str, ...]) -> None:
    if not _is_open(case, "age_band"):
        return await _already_answered(case)
    case.preface = case.t("Please write your age as a number.")
    role = str(service.answers_of(case).get("role", "worker"))
    low, high = rules.AGE_BANDS.get(role, ((50, 120),))[0][0], rules.AGE_BANDS.get(role, ((50, 120),))[-1][1]
    if high < rules.OLDEST:
        case.preface += " " + case.t("This programme is made for trainers from {low} to {high}.", low=low, high=high)
    else:
        case.preface += " " + case.t("This programme is made for learners of {low} and older.", low=low)
    return await ask(case, ())


@taps("young", needs=ANYONE)
async def young(case: Case, _args: tuple[str, ...]) -> None:
    """Said twice: younger than 18. Nothing is kept."""
    if case.talk.asked != "age_band" or case.person.joined_at is not None:
        return await _already_answered(case)
    return await _end(case, "age_band", case.t("Thank you for asking! This programme is for adults only."))


async def _end(case: Case, slot: str, why: str) -> None:
    """Who does not agree, or is too young, is let go, and nothing of them is kept."""
    await service.drop_all(case)
    if slot == "consent":
        yes = Button(case.t.plain("Yes, let's start"), "onboarding:pick:consent:yes", means=("affirm",))
        return case.say(why, [yes])
    return case.say(f"{why} {case.t('I have deleted what you told me.')}")


async def _finish(case: Case) -> None:
    t, person = case.t, case.person
    answers = service.answers_of(case)
    joined_now = await service.finish(case)
    preface, case.preface = case.preface, ""
    if not joined_now:
        case.say(
            (preface + "\n\n" if preface else "") + t("Thank you, I have changed that."), keyboard=keyboard(person)
        )
        return
    if person.role == "coordinator":
        case.say(t("Thank you, {name}. Everything is ready.", name=person.name), keyboard=keyboard(person))
        case.say(
            t("What would you like to do?"),
            [Button(t.plain("Overview"), "people:overview")],
            [Button(t.plain("Find matches"), "matching:round", means=("find_match",))],
            [Button(t.plain("Announce"), "announcements:new", means=("announce",))],
        )
        return
    lines = [
        f"{t(SHORT[slot])}: {html.escape(reading.spoken(slot, answers[slot], t), quote=False)}"
        for slot in rules.needed(answers)
        if slot not in ("consent", "name", "role")
    ]
    case.say(
        (preface + "\n\n" if preface else "")
        + t("Thank you, {name}, you are in! This is what I noted:", name=person.name)
        + "\n\n"
        + "\n".join(lines),
        keyboard=keyboard(person),
    )
    next_step = {
        "worker": t(
            "I am now looking for a trainer for you, and I will write when I have found somebody. "
            "Until then: would you like your first lesson? It takes five minutes."
        ),
        "trainer": t(
            "I am now looking for a business that wants to learn from you, and I will write when I have found one. "
            "Until then: would you like your first lesson? It takes five minutes."
        ),
    }[person.role]
    if person.cluster_id is None:
        next_step = t(
            "There is no group in your country yet; I will write as soon as one opens. "
            "Until then: would you like your first lesson? It takes five minutes."
        )
    case.say(
        next_step,
        [Button(t.plain("Start the first lesson"), "lessons:next", means=("affirm", "next_lesson"))],
        [Button(t.plain("Change my answers"), "onboarding:change", means=("deny",))],
    )


async def _already_answered(case: Case) -> None:
    """An old button: it still answers, with what can be done instead."""
    if case.person.joined_at is None:
        return await ask(case, ())
    return case.say(
        case.t("You have answered this already. You can change your answers here:"),
        [Button(case.t.plain("Change my answers"), "onboarding:change", means=("affirm",)), *help_row(case)],
    )


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _is_open(case: Case, slot: str) -> bool:
    """Whether this question may still be answered by its button: always while onboarding, once agreed."""
    if case.person.joined_at is not None:
        return case.talk.form.startswith("onboarding") and case.talk.asked == slot
    return slot == "consent" or "consent" in service.answers_of(case)


def _label(case: Case, slot: str, value: Any) -> str:
    return case.t.plain("Yes, let's start") if slot == "consent" else reading.spoken(slot, value, case.t)
