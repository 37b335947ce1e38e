"""What only coordinators have: their clusters at a glance, and the link for a colleague."""

import db.clusters
import db.people
from bot.case import COORDINATOR, Case, Taps
from bot.errors import Refused
from bot.messages import Button
from bot.people import service
from bot.texts import N_

taps = Taps("people")


@taps("overview", needs=COORDINATOR)
async def overview(case: Case, _args: tuple[str, ...]) -> None:
    t = case.t
    for cluster in await db.clusters.coordinated_by(case.session, case.person.id):
        counts = await db.people.count_by_role(case.session, cluster.id)
        workers, trainers = counts.get("worker", 0), counts.get("trainer", 0)
        case.say(
            "\n".join(
                (
                    f"<b>{t('Cluster {name}', name=cluster.called(t.language))}</b>",
                    t.n("{n} worker", "{n} workers", workers),
                    t.n("{n} trainer", "{n} trainers", trainers),
                )
            ),
            [Button(t.plain("Find matches"), "matching:round", means=("find_match",))],
            [Button(t.plain("Announce"), "announcements:new", means=("announce",))],
        )


@taps("invite", needs=COORDINATOR)
async def invite(case: Case, _args: tuple[str, ...]) -> None:
    t = case.t
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    if not mine:
        raise Refused(N_("Only a coordinator can do this."))
    for cluster in mine:
        token = await service.invite(case.session, cluster, "coordinator", case.person.id, case.now)
        case.say(
            t(
                "Send this link to the new coordinator of {cluster}. It works once, for seven days:",
                cluster=cluster.called(t.language),
            )
            + f"\nhttps://t.me/{case.house.bot_name}?start={token}"
        )
