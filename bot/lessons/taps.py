"""The lessons' screens: the next card, a question and its answer, the task, how far I am."""

from datetime import time
from zoneinfo import ZoneInfo

import db.lessons
from bot.case import JOINED, Case, Taps, word
from bot.errors import Forged, Refused
from bot.lessons import (
    again_taps,
    differing,
    help_taps,
    picture,
    placement,
    proof_taps,
    question_taps,
    report_taps,
    reviews,
    rules,
    service,
    task_taps,
)
from bot.lessons.service import LEARNING, UNKNOWN
from bot.lessons.way import end, first, go_to, onward, step_on, which
from bot.messages import Button, File, Outgoing
from bot.people.menu import help_row
from bot.people.service import local
from bot.texts import N_
from bot.words.availability import parts

taps = Taps("lessons")
taps.update(help_taps.taps)
taps.update(question_taps.taps)
taps.update(task_taps.taps)
taps.update(proof_taps.taps)
taps.update(placement.taps)
taps.update(report_taps.taps)
taps.update(again_taps.taps)


@taps("next", needs=JOINED)
async def next_lesson(case: Case, _args: tuple[str, ...]) -> None:
    """Go on where the person stands: in the middle of a lesson, or at the next one."""
    t = case.t
    if case.person.role not in LEARNING:
        return case.say(t("Lessons are for learners and trainers."), help_row(case))
    lesson = await service.next_lesson(case.session, case.house.curriculum, case.person)
    begun = lesson and await db.lessons.study(case.session, case.person.id, lesson.uuid)
    if not (begun and begun.block) and await reviews.ask_next(case, first=True):
        return None
    if lesson is None:
        return case.say(
            t("You have finished all the lessons there are for you. Well done! I will write when there are new ones."),
            help_row(case),
        )
    is_first = not await db.lessons.studies(case.session, case.person.id)
    study = await service.begin(case, lesson)
    if not any(one.id == study.block for one in lesson.blocks):  # at the beginning, or where it stood is gone
        case.say(
            t(
                "<b>{title}</b>\n{module} · about {minutes} minutes",
                title=lesson.title[case.person.language],
                module=lesson.module.title[case.person.language],
                minutes=lesson.minutes,
            ),
            [Button(t.plain("I know some of this already"), "lessons:placement")] if is_first else [],
        )
        return await go_to(case, lesson, study, await first(case, lesson))
    case.say(t("We go on with <b>{title}</b>.", title=lesson.title[case.person.language]))
    block = await service.block_from(case, lesson, study.block)
    return await (go_to(case, lesson, study, block) if block else end(case, lesson, study))


@taps("after", needs=JOINED)
async def after(case: Case, args: tuple[str, ...]) -> None:
    """The block after the one just read. An old button goes on from where it stands."""
    study, lesson, block = await which(case, args)
    case.tick(case.t.plain("Read") if block.kind == "card" else case.t.plain("Next"))
    await step_on(case, lesson, study, block)


@taps("differs", needs=JOINED)
async def differs(case: Case, args: tuple[str, ...]) -> None:
    """A dated card does not fit what the person sees: noted for the coordinators."""
    study, lesson, block = await which(case, args)
    if block.kind != "card":
        raise Forged(UNKNOWN)
    await differing.report(case, lesson, block)
    case.say(
        case.t("Thank you, that helps: somebody will look at this card. You can go on, or ask a person."),
        [onward(case, study, block)],
        [Button(case.t.plain("Talk to a person"), "threads:ask", means=("talk_to_person",))],
    )


@taps("later", needs=JOINED)
async def later(case: Case, _args: tuple[str, ...]) -> None:
    """The lesson once more in a few hours."""
    case.tick(case.t.plain("Later today"))
    comes = await service.later_today(case)
    if comes is None:
        return case.say(
            case.t("Your lessons have a break. Shall they come again?"),
            [Button(case.t.plain("Lessons again"), "lessons:resume", means=("affirm", "resume_lessons"))],
            help_row(case),
        )
    if comes:
        return case.say(case.t("All right, I will ask again in three hours."))
    return case.say(case.t("It is late for today. The next one comes tomorrow."))


@taps("days", needs=JOINED)
async def days(case: Case, args: tuple[str, ...]) -> None:
    """On which days of the week lessons come: a tap on a day puts it in or takes it out."""
    t = case.t
    if case.person.role not in LEARNING:
        return case.say(t("Lessons are for learners and trainers."), help_row(case))
    plan = await db.lessons.plan(case.session, case.person.id) or await service.resume(case)
    tapped = word(args)
    if tapped and (len(tapped) > 1 or tapped not in rules.EVERY_DAY):
        raise Forged(UNKNOWN)
    if tapped:
        plan.days = rules.with_weekday(plan.days, int(tapped))
        if plan.next_at is not None:
            await service.plan_next(case, plan)
    rows = [
        (Button(f"{'✅' if day in plan.days else '▫️'} {t.weekday(int(day))}", f"lessons:days:{day}", spoken=False),)
        for day in rules.EVERY_DAY
    ]
    done = Button(t.plain("Done"), "lessons:progress", means=("affirm",))
    return case.say(t("On which days shall lessons come? Tap to change."), *rows, [done], edit=bool(tapped))


@taps("not_today", needs=JOINED)
async def not_today(case: Case, _args: tuple[str, ...]) -> None:
    case.tick(case.t.plain("Not today"))
    case.say(case.t("No problem. The next one comes tomorrow."))


@taps("open", needs=JOINED)
async def open_lesson(case: Case, args: tuple[str, ...]) -> None:
    lesson = case.house.curriculum.lesson(word(args))
    if lesson is None or case.person.language not in lesson.languages:
        raise Refused(N_("This lesson is not available at the moment. Please choose another one."))
    study = await service.begin(case, lesson)
    await go_to(case, lesson, study, await first(case, lesson))


@taps("progress", needs=JOINED)
async def progress(case: Case, _args: tuple[str, ...]) -> None:
    """How far I am: a line, and what one may do about it."""
    t = case.t
    done, of = await service.progress(case)
    case.say(
        t.n("You have finished {n} lesson of {of}.", "You have finished {n} lessons of {of}.", done, of=of),
        [Button(t.plain("Next lesson"), "lessons:next", means=("affirm", "next_lesson"))],
        [Button(t.plain("Show me a picture"), "lessons:picture"), proof_taps.my_badges(case)],
        [Button(t.plain("What I know already"), "lessons:placement"), Button(t.plain("Days and time"), "lessons:time")],
        help_row(case),
    )


@taps("picture", needs=JOINED)
async def show_picture(case: Case, _args: tuple[str, ...]) -> None:
    """How far I am, as a picture."""
    t, language = case.t, case.person.language
    track = service.track_of(case.house.curriculum, case.person)
    if not track:
        return case.say(t("Lessons are for learners and trainers."), help_row(case))
    studies = [one for one in await db.lessons.studies(case.session, case.person.id) if one.finished_at]
    finished = {one.lesson for one in studies}
    modules: dict[str, list[bool]] = {}
    for lesson in track:
        modules.setdefault(lesson.module.title[language], []).append(lesson.uuid in finished)
    zone = ZoneInfo(case.person.zone)
    days = {one.finished_at.astimezone(zone).date() for one in studies if one.finished_at and one.learnt}
    weeks = picture.weeks(days, case.now.astimezone(zone).date(), rules.holidays(case.now.astimezone(zone).date()))
    row = picture.streak(weeks)
    coming = await service.next_lesson(case.session, case.house.curriculum, case.person)
    next_step = t.plain("Next: {title}", title=coming.title[language]) if coming else t.plain("All lessons done!")
    drawn = picture.png(
        picture.Progress(
            t.plain("My way through the lessons"),
            tuple(picture.Row(title, sum(done), len(done)) for title, done in modules.items()),
            t.n("{n} week in a row", "{n} weeks in a row", row) if row else t.plain("The last weeks"),
            weeks,
            next_step,
        )
    )
    return case.say(
        "",
        [Button(t.plain("Next lesson"), "lessons:next", means=("affirm", "next_lesson"))],
        file=File.of_bytes("progress.png", drawn, "image/png"),
    )


@taps("pause", needs=JOINED)
async def pause(case: Case, _args: tuple[str, ...]) -> None:
    t = case.t
    await service.pause(case)
    case.say(
        t("All right: no lessons until you say so. Reminders of meetings still come."),
        [Button(t.plain("Lessons again"), "lessons:resume", means=("resume_lessons",)), *help_row(case)],
    )


@taps("resume", needs=JOINED)
async def resume(case: Case, _args: tuple[str, ...]) -> None:
    t = case.t
    if case.person.role not in LEARNING:
        return case.say(t("Lessons are for learners and trainers."), help_row(case))
    plan = await service.resume(case)
    assert plan.next_at is not None
    case.say(
        t("Good! The next lesson comes {moment}.", moment=t.moment(plan.next_at, case.person.zone, case.now)),
        [Button(t.plain("A lesson now"), "lessons:next", means=("affirm", "next_lesson")), *help_row(case)],
    )


@taps("time", needs=JOINED)
async def change_time(case: Case, args: tuple[str, ...]) -> None:
    """Another hour for lessons: by a button, or named in words."""
    t = case.t
    if case.person.role not in LEARNING:
        return case.say(t("Lessons are for learners and trainers."), help_row(case))
    named = word(args)
    found = next((one for one in case.times if one.grain in ("minute", "hour")), None)
    weekdays = _weekdays(case)
    hour, minute = None, 0
    if case.incoming.kind == "tap" and named.isascii() and named.isdigit() and int(named) < 24:
        hour = int(named)
    elif found is not None:
        start = local(found.start, case.person)
        hour, minute = start.hour, start.minute
    elif not weekdays:
        hours = [(t.plain("In the morning, at 9"), 9), (t.plain("At noon"), 12), (t.plain("In the evening, at 6"), 18)]
        rows = tuple((Button(label, f"lessons:time:{hour}"),) for label, hour in hours)
        days = (Button(t.plain("Choose the days"), "lessons:days"),)
        heard = (Button("", "lessons:time", means=("time",)),)
        return case.show(Outgoing(t("When should lessons come? Tap, or write a time."), (*rows, days), hears=heard))
    plan = await service.resume(case, hour, minute, weekdays)
    assert plan.next_at is not None
    text = t(
        "Good. Lessons come at {hour} from now on; the next one {day}.",
        hour=t.hour(plan.next_at, case.person.zone),
        day=t.day(plan.next_at, case.person.zone, case.now),
    )
    if plan.days != rules.EVERY_DAY:
        text += "\n" + t("On these days: {days}.", days=t.list([t.weekday(int(day)) for day in plan.days]))
    quiet = case.settings.quiet
    if quiet.cover(time(plan.hour, plan.minute)):
        silence = t("I do not write between {start} and {end}.", start=f"{quiet.start:%H:%M}", end=f"{quiet.end:%H:%M}")
        text = f"{silence} {text}"
    case.say(text, [Button(t.plain("Choose the days"), "lessons:days")])


def _weekdays(case: Case) -> str:
    """The days of the week named in somebody's words ("only Tuesday and Friday"): "14"; "" for none, or for all."""
    if case.incoming.kind != "words":
        return ""
    days = sorted({day for day, _part in parts(case.incoming.text, case.person.language)})
    return "".join(map(str, days)) if len(days) < len(rules.EVERY_DAY) else ""
