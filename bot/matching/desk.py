"""What the screens of a coordinator share: whose cluster it is, and the lines that name pairs and reasons."""

import html
from collections.abc import Sequence

import db.clusters
import db.matching
import db.people
from bot.case import Case
from bot.errors import Forged, Refused
from bot.matching import rules, service
from bot.matching.screens import chosen_id, menu
from bot.matching.seekers import Pair
from bot.matching.service import NOT_YOURS
from bot.messages import Button
from bot.texts import N_, Tongue
from db.clusters import Cluster
from db.matching import Match
from db.people import Person

A_PAGE = 8


async def chosen(case: Case, args: tuple[str, ...], what: str) -> Cluster | None:
    """The coordinator's cluster; with several, they are asked which, and it is None."""
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    chosen = chosen_id(case, args)
    if chosen is None and len(mine) > 1:
        buttons = [Button(cluster.called(case.t.language), f"matching:{what}:{cluster.id}") for cluster in mine]
        case.say(case.t("For which cluster?"), *service.rows([*buttons, menu(case.t)]))
        return None
    return of_mine(mine, mine[0].id if chosen is None and mine else chosen)


async def alone(case: Case, cluster_id: int) -> Cluster:
    """The coordinator's cluster, in which until the end of this turn nobody else brings people together.

    It is waited for before anything is written: a round that runs there may want to write to this coordinator.
    """
    async with service.nothing_written_yet(case):
        cluster = await mine(case, cluster_id)
        return (await db.matching.one_round_at_a_time(case.session, cluster.id))[cluster.id]


async def mine(case: Case, cluster_id: int) -> Cluster:
    return of_mine(await db.clusters.coordinated_by(case.session, case.person.id), cluster_id)


def of_mine(mine: Sequence[Cluster], cluster_id: int | None) -> Cluster:
    """The cluster with this id, if this person coordinates it."""
    if not mine:
        raise Refused(N_("You do not coordinate a cluster yet."))
    for cluster in mine:
        if cluster.id == cluster_id:
            return cluster
    raise Forged(NOT_YOURS)


async def person_of_mine(case: Case, person_id: int) -> Person:
    """A worker of one of the coordinator's clusters."""
    person = await db.people.get(case.session, person_id)
    if person is None or person.role != "worker" or not await case.coordinates(person.cluster_id):
        raise Forged(NOT_YOURS)
    return person


def pair_line(pair: Pair, people: dict[int, Person]) -> str:
    worker, trainer = people[pair.worker.id], people[pair.trainer.id]
    return (
        f"• {html.escape(worker.name, quote=False)} – {html.escape(trainer.name, quote=False)} · {score_of(pair.score)}"
    )


def match_line(match: Match, people: dict[int, Person]) -> str:
    worker, trainer = people[match.worker_id], people[match.trainer_id]
    return f"{html.escape(worker.name, quote=False)} – {html.escape(trainer.name, quote=False)}"


def score_of(score: int) -> str:
    """0 to 100."""
    return str(round(score / 100))


def why_one_stays(reason: str, t: Tongue) -> str:
    return why_they_stay(reason, 1, t)


def why_they_stay(reason: str, n: int, t: Tongue) -> str:
    match reason:
        case rules.PAUSED:
            return t.n("{n} is taking a break", "{n} are taking a break", n)
        case rules.UNREACHABLE:
            return t.n("{n} has stopped this assistant", "{n} have stopped this assistant", n)
        case rules.NO_LANGUAGE:
            return t.n(
                "{n} speaks a language that no trainer speaks",
                "{n} speak a language that no trainer speaks",
                n,
            )
        case rules.NO_TOPIC:
            return t.n(
                "{n} wants to learn something that no trainer teaches",
                "{n} want to learn something that no trainer teaches",
                n,
            )
        case rules.NO_TIME:
            return t.n("{n} has no time in common with a trainer", "{n} have no time in common with a trainer", n)
        case rules.NO_PLACE:
            return t.n(
                "{n} would meet in person only, and no trainer lives near enough",
                "{n} would meet in person only, and no trainer lives near enough",
                n,
            )
        case rules.TRIED:
            return t.n(
                "{n} has already been offered every trainer who fits",
                "{n} have already been offered every trainer who fits",
                n,
            )
        case _:
            return t.n("{n}: the trainers who fit are all taken", "{n}: the trainers who fit are all taken", n)
