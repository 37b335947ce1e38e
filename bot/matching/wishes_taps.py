"""How somebody would like to meet, how many they teach, whom they would like best; and what would help to find them."""

import db.clusters
from bot.case import JOINED, Case, Taps, number, word
from bot.errors import Forged
from bot.matching import plan as planning
from bot.matching import rules
from bot.matching.screens import menu
from bot.matching.seekers import read_seekers
from bot.matching.service import NOT_YOURS
from bot.messages import Button
from bot.people import vocabulary

taps = Taps("matching")


@taps("wishes", needs=JOINED)
async def wishes(case: Case, _args: tuple[str, ...]) -> None:
    """Everything that can be wished, as it stands."""
    _show(case)


def _show(case: Case, *, edit: bool = False) -> None:
    t, me = case.t, case.person
    online = t.plain("Yes, online too") if me.remote else t.plain("No, only in person")
    lines = [
        f"<b>{t('How would you like to meet?')}</b>",
        t("Online: {answer}", answer=online),
        t("On the way: up to {km} km", km=me.travel_km),
    ]
    buttons = [
        [Button(t.plain("Only in person") if me.remote else t.plain("Online too"), "matching:online", spoken=False)],
        [
            Button(f"{'✅ ' if km == me.travel_km else ''}{km} km", f"matching:km:{km}", spoken=False)
            for km in rules.DISTANCES_KM
        ],
    ]
    if me.role == "trainer":
        lines.append(t.n("You teach {n} person at a time", "You teach {n} people at a time", me.places))
        buttons.append(
            [
                Button(f"{'✅ ' if number == me.places else ''}👤 {number}", f"matching:places:{number}", spoken=False)
                for number in rules.PLACES
            ]
        )
    lines.append(_liked(case))
    buttons.append([Button(t.plain("Whom I would like best"), "matching:likes", spoken=False)])
    case.say("\n".join(filter(None, lines)), *buttons, [menu(t)], edit=edit)


def _liked(case: Case) -> str:
    t, kind = case.t, _kind(case)
    chosen = [vocabulary.label(kind, key, t.language) for key in case.person.prefers if key in vocabulary.keys(kind)]
    return t("You would like best: {what}", what=t.list(chosen)) if chosen else ""


def _kind(case: Case) -> vocabulary.Kind:
    """A trainer may prefer trades, a learner how old the trainer is."""
    return "sector" if case.person.role == "trainer" else "age"


@taps("online", needs=JOINED)
async def online(case: Case, args: tuple[str, ...]) -> None:
    """Meeting online is fine, or no longer."""
    case.person.remote = True if word(args) == "yes" else not case.person.remote
    _show(case, edit=word(args) != "yes")


@taps("km", needs=JOINED)
async def km(case: Case, args: tuple[str, ...]) -> None:
    """How far they would travel."""
    if number(args) not in rules.DISTANCES_KM:
        raise Forged(NOT_YOURS)
    case.person.travel_km = number(args)
    _show(case, edit=True)


@taps("places", needs=JOINED)
async def places(case: Case, args: tuple[str, ...]) -> None:
    """How many learners at a time."""
    if number(args) not in rules.PLACES or case.person.role != "trainer":
        raise Forged(NOT_YOURS)
    case.person.places = number(args)
    _show(case, edit=True)


@taps("likes", needs=JOINED)
async def likes(case: Case, args: tuple[str, ...]) -> None:
    """Whom they would like best: a tap puts one in or takes it out."""
    t, kind, key = case.t, _kind(case), word(args)
    keys = list(rules.TRAINER_AGES) if kind == "age" else [one for one in vocabulary.keys("sector") if one != "other"]
    if key:
        if key not in keys:
            raise Forged(NOT_YOURS)
        kept = case.person.prefers
        chosen = [one for one in kept if one != key] if key in kept else [*kept, key][-rules.MOST_PREFERRED :]
        case.person.prefers = chosen
    buttons = [
        Button(
            f"{'✅' if one in case.person.prefers else '▫️'} {vocabulary.label(kind, one, t.language)}",
            f"matching:likes:{one}",
            spoken=False,
        )
        for one in keys
    ]
    question = (
        t("Which trades would you like best? Choose up to three. I also look at the others.")
        if kind == "sector"
        else t("How old would your trainer be, if you could choose? I also look at the others.")
    )
    case.say(
        question,
        *[buttons[at : at + 2] for at in range(0, len(buttons), 2)],
        [Button(t.plain("Done"), "matching:wishes", means=("affirm",))],
        edit=bool(key),
    )


async def what_would_help(case: Case) -> tuple[str, list[Button]]:
    """What would open more trainers to this worker, in words and buttons; true at this moment."""
    t, me = case.t, case.person
    cluster = await db.clusters.get(case.session, me.cluster_id) if me.cluster_id else None
    if cluster is None:
        return "", []
    seekers = await read_seekers(case.session, cluster, case.now, case.house, workers=[me.id])
    if not seekers.workers:
        return "", []
    found = planning.what_would_help(seekers, case.now)
    if found.fitting:
        return t.n(
            "{n} trainer could fit; the next round decides.",
            "{n} trainers could fit; the next round decides.",
            found.fitting,
        ), []
    lines: list[str] = []
    buttons: list[Button] = []
    if found.full:
        lines.append(
            t.n(
                "{n} trainer would fit, but has no free place at the moment.",
                "{n} trainers would fit, but have no free place at the moment.",
                found.full,
            )
        )
    if found.online and not me.remote:
        lines.append(
            t.n("Meeting online too opens {n} trainer.", "Meeting online too opens {n} trainers.", found.online)
        )
        buttons.append(Button(t.plain("Meet online too"), "matching:online:yes", means=("affirm",)))
    if found.farther:
        lines.append(
            t.n(
                "Up to {km} km on the way opens {n} trainer.",
                "Up to {km} km on the way opens {n} trainers.",
                found.farther,
                km=rules.FARTHER_KM,
            )
        )
    if found.times and found.best_time:
        lines.append(
            t.n(
                "Having time on {part} opens {n} trainer.",
                "Having time on {part} opens {n} trainers.",
                found.times,
                part=t.part_of_week(found.best_time),
            )
        )
        buttons.append(Button(t.plain("My times"), "onboarding:edit:times"))
    if found.topics:
        lines.append(t.n("{n} trainer teaches something else.", "{n} trainers teach something else.", found.topics))
        buttons.append(Button(t.plain("My topics"), "onboarding:edit:topics"))
    if not lines:
        return t("There is no trainer yet who fits. New ones join every week."), []
    return "\n".join(f"• {line}" for line in lines), buttons
