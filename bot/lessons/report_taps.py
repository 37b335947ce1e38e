"""For coordinators: how the lessons go, and the cards whose screens look different."""

import html
from collections.abc import Iterator, Sequence

import db.lessons
from bot import spreadsheet
from bot.case import COORDINATOR, Case, Taps, number, word
from bot.errors import Forged
from bot.lessons import differing, report, service
from bot.lessons.curriculum import TRACKS, Lesson, Module, Track
from bot.lessons.differing import Card
from bot.lessons.report import LessonFigures, QuestionFigures, Telling
from bot.lessons.service import UNKNOWN
from bot.messages import Button, File
from bot.texts import Tongue

taps = Taps("lessons")

A_PAGE = 10
ON_A_BUTTON = 40
SHOWN = 80  # characters of a question in a list
LONGEST = 3_500  # characters of one message


# -- how they go ----------------------------------------------------------------------------------------


@taps("report", needs=COORDINATOR)
async def overview(case: Case, _args: tuple[str, ...]) -> None:
    """Each track's modules, with how many lessons were begun and finished in them."""
    t = case.t
    scope = await service.scope_of(case)
    counted = await db.lessons.begun_and_finished(case.session, scope.clusters)
    lines = [f"<b>{t('Lessons: how they go')}</b>", t("These are the people of your clusters, from the beginning.")]
    buttons: list[list[Button]] = []
    for track in TRACKS:
        part: list[str] = []
        for module, lessons in _modules(case, track):
            numbers = [counted.get(lesson.uuid, (0, 0)) for lesson in lessons]
            begun, finished = (sum(column) for column in zip(*numbers, strict=True))
            title = f"{module.number}. {_title(module, t)}"
            part.append(f"{html.escape(title, quote=False)}: {_counts(t, begun, finished)}")
            buttons.append([Button(_cut(title, ON_A_BUTTON), f"lessons:report_module:{track}:{module.number}")])
        if part:
            lines.append("\n".join([f"<b>{_name(t, track)}</b>", *part]))
    lines.append(t("Tap a module to see its lessons."))
    case.say(
        "\n\n".join(lines),
        *buttons,
        [Button(t.plain("Send as a table"), "lessons:report_table")],
        [Button(t.plain("Menu"), "people:menu")],
    )


@taps("report_module", needs=COORDINATOR)
async def module_(case: Case, args: tuple[str, ...]) -> None:
    """The lessons of one module."""
    t = case.t
    tracks: dict[str, Track] = {one: one for one in TRACKS}
    track = tracks.get(word(args))
    if track is None:
        raise Forged(UNKNOWN)
    wanted = number(args, 1)
    back = [Button(t.plain("Back"), "lessons:report", means=("go_back",)), Button(t.plain("Menu"), "people:menu")]
    found = next(((one, lessons) for one, lessons in _modules(case, track) if one.number == wanted), None)
    if found is None:
        return case.say(t("This module is not there any more."), back)
    module, lessons = found
    figures = await _figures(case, lessons)
    parts = [f"<b>{html.escape(_title(module, t), quote=False)}</b>"]
    parts += [
        _lesson(t, place, lesson, one) for place, (lesson, one) in enumerate(zip(lessons, figures, strict=True), 1)
    ]
    if any(one.begun < report.FEWEST for one in figures):
        parts.append(f"<i>{t('Of fewer than {number} people, only the counts are shown.', number=report.FEWEST)}</i>")
    *before, last = _messages(parts)
    for text in before:
        case.say(text)
    case.say(last, back)


@taps("report_table", needs=COORDINATOR)
async def as_table(case: Case, _args: tuple[str, ...]) -> None:
    """All figures as a file; there is nobody's name in it."""
    t = case.t
    lessons = [lesson for track in TRACKS for lesson in case.house.curriculum.track(track)]
    figures = await _figures(case, lessons)
    rows = [row for lesson, one in zip(lessons, figures, strict=True) for row in _rows(t, lesson, one)]
    case.say(
        t("Here are the figures of all lessons. There are no names in it."),
        [
            Button(t.plain("Back"), "lessons:report", means=("go_back",)),
            Button(t.plain("Menu"), "people:menu"),
        ],
        file=File(f"lessons-{case.now:%Y-%m-%d}.csv", spreadsheet.table([_heads(t), *rows], t.language), "text/csv"),
    )


async def _figures(case: Case, lessons: Sequence[Lesson]) -> list[LessonFigures]:
    """The figures of these lessons, for the people of the coordinator's clusters."""
    session, clusters = case.session, (await service.scope_of(case)).clusters
    counted = await db.lessons.begun_and_finished(session, clusters)
    minutes = await db.lessons.minutes_taken(session, clusters, report.LONGEST_LESSON)
    left = await db.lessons.left_at(session, clusters, case.now - report.LEFT_AFTER)
    answers = await db.lessons.first_answers(session, clusters)
    return [
        report.of_lesson(
            counted.get(lesson.uuid, (0, 0)),
            minutes.get(lesson.uuid, {}),
            left.get(lesson.uuid, {}),
            [
                (one.id, answers[lesson.uuid, one.id])
                for one in lesson.blocks
                if one.kind == "question" and (lesson.uuid, one.id) in answers
            ],
            [one.id for one in lesson.blocks],
        )
        for lesson in lessons
    ]


def _modules(case: Case, track: Track) -> list[tuple[Module, list[Lesson]]]:
    """The modules of a track with their lessons, in order."""
    found: dict[str, tuple[Module, list[Lesson]]] = {}
    for lesson in case.house.curriculum.track(track):
        found.setdefault(lesson.module.folder, (lesson.module, []))[1].append(lesson)
    return list(found.values())


def _lesson(t: Tongue, place: int, lesson: Lesson, figures: LessonFigures) -> str:
    """ "1. Why bother", and below it one figure a line."""
    title = html.escape(_title(lesson, t), quote=False)
    lines = [f"<b>{place}. {title}</b>", _counts(t, figures.begun, figures.finished)]
    if figures.minutes is not None:
        lines.append(t.n("Median: {n} minute", "Median: {n} minutes", _whole(figures.minutes)))
    if figures.hardest:
        lines += _hardest(t, lesson, figures.hardest)
    if figures.left_at:
        where = _where(t, lesson, figures.left_at)
        lines.append(
            t.n(
                "Most who stop, stop at: {where} ({n} person)",
                "Most who stop, stop at: {where} ({n} people)",
                figures.left,
                where=where,
            )
        )
    return "\n".join(lines)


def _hardest(t: Tongue, lesson: Lesson, question: QuestionFigures) -> Iterator[str]:
    assert question.facility is not None
    text = _cut(_question(t, lesson, question.block), SHOWN)
    yield t("Hardest question: “{question}”", question=text)
    yield t("Right at once: {share} % of {number}", share=_whole(100 * question.facility), number=question.answers)
    if question.tells:
        yield t("Tells who knows more: {how}", how=_telling(t, question.tells))


def _telling(t: Tongue, how: Telling) -> str:
    return {"good": t.plain("good"), "weak": t.plain("weak"), "reversed": t.plain("reversed")}[how]


def _counts(t: Tongue, begun: int, finished: int) -> str:
    return t("{begun} begun, {finished} finished", begun=begun, finished=finished)


def _where(t: Tongue, lesson: Lesson, block_id: str) -> str:
    """ "card 2": which of its kind."""
    block = next(one for one in lesson.blocks if one.id == block_id)
    place = [one.id for one in lesson.blocks if one.kind == block.kind].index(block_id) + 1
    return {
        "card": t.plain("card {number}", number=place),
        "question": t.plain("question {number}", number=place),
        "task": t.plain("the task"),
    }[block.kind]


def _heads(t: Tongue) -> list[str]:
    return [
        t.plain("Track"),
        t.plain("Module"),
        t.plain("Lesson"),
        t.plain("Question"),
        t.plain("Begun"),
        t.plain("Finished"),
        t.plain("Median minutes"),
        t.plain("Most stop at"),
        t.plain("People who stopped there"),
        t.plain("Answers"),
        t.plain("Right at once (%)"),
        t.plain("Tells who knows more"),
    ]


def _rows(t: Tongue, lesson: Lesson, figures: LessonFigures) -> Iterator[list[str]]:
    """The lesson's row, and one for each question, so that columns can be added up."""
    which = [_name(t, lesson.track), _title(lesson.module, t), _title(lesson, t)]
    minutes = "" if figures.minutes is None else str(_whole(figures.minutes))
    left = [_where(t, lesson, figures.left_at), str(figures.left)] if figures.left_at else ["", ""]
    yield [*which, "", str(figures.begun), str(figures.finished), minutes, *left, "", "", ""]
    for one in figures.questions:
        share = "" if one.facility is None else str(_whole(100 * one.facility))
        how = _telling(t, one.tells) if one.tells else ""
        yield [*which, _question(t, lesson, one.block), "", "", "", "", "", str(one.answers), share, how]


# -- cards whose screens look different -------------------------------------------------------------------


@taps("differing", needs=COORDINATOR)
async def differing_cards(case: Case, args: tuple[str, ...]) -> None:
    """The cards that people reported, the most reported first."""
    await _list(case, number(args) if args else 0)


@taps("differing_card", needs=COORDINATOR)
async def differing_card(case: Case, args: tuple[str, ...]) -> None:
    """One of them, to be read, with the pages it was made from."""
    t = case.t
    which = await differing.card(case, number(args))
    if which is None:
        return await _list(case, 0, _settled(t))
    lesson = which.lesson
    language = t.language if t.language in lesson.languages else "en"
    lines = [_line(t, which), lesson.fill(which.block.text[language], language, {})]
    if lesson.checked:
        lines.append(f"<i>{t('Checked on {day}.', day=t.date(lesson.checked))}</i>")
    lines.append("\n".join(html.escape(source.url, quote=False) for source in lesson.sources))
    lines.append(t("When the card is right, or has been put right, tap “Looked at”. Then it is given again."))
    return case.say(
        "\n\n".join(filter(None, lines)),
        [Button("✓ " + t.plain("Looked at"), f"lessons:looked_at:{which.newest}", means=("done",))],
        [Button(t.plain("Back"), "lessons:differing", means=("go_back",)), Button(t.plain("Menu"), "people:menu")],
    )


@taps("looked_at", needs=COORDINATOR)
async def looked_at(case: Case, args: tuple[str, ...]) -> None:
    """Somebody has looked at the card; the list is shown anew in its place."""
    report_id, first = number(args), number(args, 1) if len(args) > 1 else 0
    if await differing.looked_at(case, report_id):
        return await _list(case, first, case.t("Noted: this card has been looked at, and is given again."))
    return await _list(case, first, _settled(case.t))


async def _list(case: Case, first: int, news: str = "") -> None:
    t = case.t
    cards = (await differing.cards(case))[first:]
    head = f"<b>{t('Cards whose screens look different')}</b>"
    if not cards:
        head = t("No card is reported at the moment.") if first == 0 else t("There are no more cards.")
    places = list(enumerate(cards[:A_PAGE], first + 1))
    lines = [f"{place}. {_line(t, one)}" for place, one in places]
    buttons = [
        [
            Button(t.plain("Read {place}", place=place), f"lessons:differing_card:{one.newest}"),
            Button(f"✓ {place}. {t.plain('Looked at')}", f"lessons:looked_at:{one.newest}:{first}", spoken=False),
        ]
        for place, one in places
    ]
    more = [Button(t.plain("More"), f"lessons:differing:{first + A_PAGE}", means=("affirm",))]
    case.say(
        "\n\n".join(filter(None, (news, head, *lines))),
        *buttons,
        more if len(cards) > A_PAGE else (),
        [Button(t.plain("Menu"), "people:menu")],
        edit=bool(news),
    )


def _line(t: Tongue, which: Card) -> str:
    """ "Passwords, card 3 (3 people)", and whether it is withheld."""
    title = html.escape(_title(which.lesson, t), quote=False)
    people = t.n("{n} person", "{n} people", which.people)
    line = f"<b>{title}</b>, {_where(t, which.lesson, which.block.id)} ({people})"
    return f"{line}\n{t('Nobody is given it now.')}" if which.is_withheld else line


def _settled(t: Tongue) -> str:
    return t("This card has been looked at already, or it is gone from the lessons.")


# -- words ------------------------------------------------------------------------------------------------


def _name(t: Tongue, track: Track) -> str:
    return t.plain("Workers") if track == "worker" else t.plain("Trainers")


def _title(of: Lesson | Module, t: Tongue) -> str:
    return of.title.get(t.language, of.title["en"])


def _question(t: Tongue, lesson: Lesson, block_id: str) -> str:
    """The question as it is asked, with general words for what is known of a person."""
    language = t.language if t.language in lesson.languages else "en"
    block = next(one for one in lesson.blocks if one.id == block_id)
    return lesson.fill(block.question[language], language, {}, as_html=False)


def _whole(number: float) -> int:
    """The nearest whole number, a half upwards."""
    return int(number + 0.5)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _messages(parts: Sequence[str]) -> list[str]:
    """The parts in as few messages as can be sent."""
    found: list[str] = []
    for part in parts:
        if found and len(found[-1]) + len(part) < LONGEST:
            found[-1] += f"\n\n{part}"
        else:
            found.append(part)
    return found
