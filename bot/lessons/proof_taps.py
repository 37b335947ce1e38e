"""The screens about proof: what was just earned, my badges, and the files of one of them."""

import asyncio
import json

import db.lessons
from bot import credential
from bot.case import JOINED, Case, Taps, number
from bot.errors import Forged
from bot.lessons import certificate, proof, service
from bot.lessons import credential as badge
from bot.lessons.certificate import Certificate
from bot.lessons.service import UNKNOWN
from bot.messages import Button, File
from bot.people.menu import help_row
from bot.people.service import local
from bot.proof import page as page_of
from db.lessons import Award

taps = Taps("lessons")


def said(case: Case, earned: list[str]) -> str:
    """What was just earned, as the end of a message; "" when nothing was."""
    t = case.t
    lines: list[str] = []
    for about in earned:
        title = proof.title(case.house.curriculum, about, t.language)
        if proof.is_certificate(about):
            lines.append(t("🎓 The whole course “{title}” is done. Your certificate is ready!", title=title))
        else:
            lines.append(t("🏅 The module “{title}” is done. You have earned a badge!", title=title))
    return "".join(f"\n\n{line}" for line in lines)


def my_badges(case: Case) -> Button:
    return Button(case.t.plain("My badges"), "lessons:awards")


@taps("awards", needs=JOINED)
async def awards(case: Case, _args: tuple[str, ...]) -> None:
    """What the person has earned, and is given now if it was finished before there were badges."""
    t = case.t
    await proof.award(case)
    mine = await db.lessons.awards(case.session, case.person.id)
    if mine:
        return case.say(
            t("Your badges and certificates. Tap one, and I send it to you as a file to print and to show:"),
            *([Button(_label(case, award), f"lessons:award:{award.id}")] for award in mine),
            *_record(case),
            help_row(case),
        )
    if case.person.role not in service.LEARNING:
        return case.say(t("Lessons are for learners and trainers."), help_row(case))
    case.say(
        t("You have no badge yet. There is one at the end of every module."),
        [Button(t.plain("Next lesson"), "lessons:next", means=("affirm", "next_lesson"))],
        *_record(case),
        help_row(case),
    )


def _record(case: Case) -> list[list[Button]]:
    """A trainer's hours are proof too."""
    if case.person.role != "trainer":
        return []
    return [[Button(case.t.plain("My record"), "meetings:record")]]


@taps("award", needs=JOINED)
async def send(case: Case, args: tuple[str, ...]) -> None:
    """The certificate as PDF, and the credential that machines read."""
    t = case.t
    award = await case.session.get(Award, number(args))
    if award is None or award.person_id != case.person.id:
        raise Forged(UNKNOWN)
    page = page_of(case.settings, award.code)
    printed = Certificate(
        language=t.language,
        whole_track=proof.is_certificate(award.about),
        name=award.name,
        title=proof.title(case.house.curriculum, award.about, t.language),
        learnt=tuple(await proof.learnt(case, award)),
        day=t.date(local(award.awarded_at, case.person).date()),
        url=page,
    )
    stem = award.about.replace("/", "-")
    paper = await asyncio.to_thread(certificate.pdf, printed)
    case.say(
        t("Here it is, to print or to send on. Anybody can check it on this page:") + f"\n{page}",
        file=File.of_bytes(f"{stem}.pdf", paper, "application/pdf"),
    )
    signed = json.dumps(credential.signed(case.settings, badge.of(case.house.curriculum, award)), indent=2)
    case.say(
        t("And this is the same as a digital badge (Open Badges), for websites and apps that collect badges."),
        [my_badges(case), *help_row(case)],
        file=File(f"{stem}.json", signed, "application/json"),
    )


def _label(case: Case, award: Award) -> str:
    sign = "🎓" if proof.is_certificate(award.about) else "🏅"
    return f"{sign} {proof.title(case.house.curriculum, award.about, case.t.language)}"
