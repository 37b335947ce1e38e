"""Whom an announcement is for: a board where everything can be chosen by buttons, or written."""

from collections.abc import Sequence
from typing import Any

import db.announcements
import db.clusters
from bot.announcements import audience_screens, audience_words, rules, service
from bot.announcements.audience_screens import DIMENSIONS, Names, Value
from bot.announcements.own import FORGED, own_draft
from bot.announcements.rules import TEXT_FORM
from bot.case import COORDINATOR, Case, Taps, number, word
from bot.errors import Forged
from bot.messages import LANGUAGES
from bot.people import vocabulary
from bot.texts import N_
from db.announcements import Announcement
from db.clusters import Cluster

taps = Taps("announcements")

PEOPLE = "people"  # what the form waits for while the board is shown
SILENT_DAYS = (7, 14, 30, 60, 90, 180)
ONE_AT_A_TIME = ("match", "silent")
LAST_PAGE = 99
NOT_UNDERSTOOD = N_("I did not understand whom you mean.")
NOT_USED = N_("I took no account of: “{words}”.")
NO_MODULE = N_("There is no module {numbers}.")


@taps("aim", needs=COORDINATOR)
async def aim(case: Case, args: tuple[str, ...]) -> None:
    """The board: what is chosen now, and how many people that is."""
    if draft := await own_draft(case, args):
        await show_board(case, draft, edit=True)


@taps("by", needs=COORDINATOR)
async def by(case: Case, args: tuple[str, ...]) -> None:
    """The values of one dimension, from this page on."""
    draft, key = await own_draft(case, args), _dimension(args)
    if draft:
        await _show_values(case, draft, key, _page(args))


@taps("put", needs=COORDINATOR)
async def put(case: Case, args: tuple[str, ...]) -> None:
    """This value in; twice is once."""
    await _choose_one(case, args, wanted=True)


@taps("out", needs=COORDINATOR)
async def out(case: Case, args: tuple[str, ...]) -> None:
    """This value out again; twice is once."""
    await _choose_one(case, args, wanted=False)


async def _choose_one(case: Case, args: tuple[str, ...], *, wanted: bool) -> None:
    draft, key = await own_draft(case, args), _dimension(args)
    if draft is None:
        return
    value = await _value(case, key, word(args, 3))
    others = [] if wanted and key in ONE_AT_A_TIME else [one for one in _chosen(draft, key) if one != value]
    await choose(case, draft, {key: [*others, value] if wanted else others})
    await _show_values(case, draft, key, _page(args))


@taps("any", needs=COORDINATOR)
async def anybody(case: Case, args: tuple[str, ...]) -> None:
    """Nothing is asked of people in this dimension any more, or in none of them."""
    draft, key = await own_draft(case, args), word(args, 1)
    if key and key not in DIMENSIONS:
        raise Forged(FORGED)
    if draft is None:
        return
    if key == "cluster":
        mine = await db.clusters.coordinated_by(case.session, case.person.id)
        await choose(case, draft, {key: [cluster.id for cluster in mine]})
    else:
        draft.audience = {one: values for one, values in draft.audience.items() if key and one != key}
    await show_board(case, draft, edit=True)


def _dimension(args: tuple[str, ...]) -> str:
    key = word(args, 1)
    if key not in DIMENSIONS:
        raise Forged(FORGED)
    return key


def _page(args: tuple[str, ...]) -> int:
    return min(number(args, 2), LAST_PAGE) if word(args, 2) else 0


async def _value(case: Case, key: str, said: str) -> Any:
    """What the word in a button stands for. Raises Forged for one that no button of ours ever had."""
    known: dict[str, Any] = {}
    match key:
        case "country":
            known = {said: said} if rules.is_code(said) else {}
        case "silent":
            known = {str(days): days for days in SILENT_DAYS}
        case "cluster":
            mine = await db.clusters.coordinated_by(case.session, case.person.id)
            known = {str(cluster.id): cluster.id for cluster in mine}
        case "finished":
            known = {_module_word(role, folder): folder for role, folder in modules(case)}
        case "sector" | "topic":
            known = {one: one for one in vocabulary.keys(key)}
        case _:
            words = {"role": rules.ROLES, "language": LANGUAGES, "match": rules.MATCHES}[key]
            known = {one: one for one in words}
    if said not in known:
        raise Forged(FORGED)
    return known[said]


def _chosen(draft: Announcement, key: str) -> list[Any]:
    if key == "cluster":
        return draft.audience.get(key) or [draft.cluster_id]
    return draft.audience.get(key) or []


async def choose(case: Case, draft: Announcement, audience: rules.Audience) -> None:
    """Put this into the draft. One that goes to some clusters belongs to the first of them."""
    draft.audience = {**draft.audience, **audience}
    if clusters := audience.get("cluster"):
        if draft.cluster_id not in clusters:
            draft.cluster_id = clusters[0]
        if clusters == [draft.cluster_id]:
            draft.audience = {key: values for key, values in draft.audience.items() if key != "cluster"}
    await case.session.flush()


# -- in words -------------------------------------------------------------------------------------------


async def understood(case: Case, said: str) -> tuple[rules.Audience, list[str]]:
    """The audience in these words, and sentences about what could not be used."""
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    names = {cluster.id: (cluster.slug, cluster.name, *cluster.names.values()) for cluster in mine}
    read = audience_words.read(said, case.person.language, names)
    audience, notes = dict(read.audience), list[str]()
    if numbers := audience.pop("finished", None):
        folders = rules.module_folders(numbers, audience.get("role", ()), modules(case))
        if folders:
            audience["finished"] = folders
        else:
            notes.append(case.t(NO_MODULE, numbers=case.t.either([str(one) for one in numbers])))
    if read.unused:
        notes.append(case.t(NOT_USED, words=read.unused))
    return audience, notes


async def said(case: Case, draft: Announcement, words: str) -> None:
    """Whom they mean, written while the board was shown: what is named is chosen anew, the rest stays."""
    audience, notes = await understood(case, words)
    if not audience and not notes:
        notes = [case.t(NOT_UNDERSTOOD)]
    await choose(case, draft, audience)
    await show_board(case, draft, "\n".join(notes))


# -- what is shown --------------------------------------------------------------------------------------


async def show_board(case: Case, draft: Announcement, before: str = "", *, edit: bool = False) -> None:
    names = await _names(case)
    await _drop_lost_clusters(case, draft, names)
    await case.ask_form(TEXT_FORM, PEOPLE, {"draft": draft.id})
    dimensions = [key for key in DIMENSIONS if key != "cluster" or len(names.clusters) > 1]
    here = await service.place_of(case.session, draft)
    total = await _count(case, draft)
    place = here.called(case.t.language)
    case.show(audience_screens.board_screen(case.t, draft, total, place, dimensions, names, before), edit=edit)


async def _show_values(case: Case, draft: Announcement, key: str, page: int) -> None:
    names = await _names(case)
    await _drop_lost_clusters(case, draft, names)
    await case.ask_form(TEXT_FORM, PEOPLE, {"draft": draft.id})
    values = await _values(case, draft, key, names)
    last = max(0, (len(values) - 1) // audience_screens.ON_A_PAGE)
    place = (await service.place_of(case.session, draft)).called(case.t.language)
    screen = audience_screens.values_screen(
        case.t, draft, await _count(case, draft), place, key, values, min(page, last)
    )
    case.show(screen, edit=True)


async def _values(case: Case, draft: Announcement, key: str, names: Names) -> list[Value]:
    """What there is among the people meant, as far as the other dimensions go; and what is chosen."""
    words = {folder: _module_word(role, folder) for role, folder in modules(case)}
    among: dict[str, Sequence[Any]] = {
        "topic": vocabulary.keys("topic"),
        "match": rules.MATCHES[::-1],
        "silent": SILENT_DAYS,
        "cluster": tuple(names.clusters),
        "finished": tuple(words),
    }
    looked_for = among.get(key, ())
    counted = await db.announcements.count_values(
        case.session, draft.cluster_id, draft.audience, key, looked_for, case.now
    )
    chosen = _chosen(draft, key)
    there = dict.fromkeys([*counted, *(one for one in chosen if key != "finished" or one in words)])
    order = list(looked_for or (rules.ROLES if key == "role" else ()))
    shown = [
        Value(words.get(value, str(value)), names.label(case.t, key, value), counted.get(value, 0), value in chosen)
        for value in sorted(there, key=lambda value: order.index(value) if value in order else len(order))
        if names.knows(key, value)
    ]
    return shown if order else sorted(shown, key=lambda value: (-value.people, value.label))


async def _count(case: Case, draft: Announcement) -> int:
    return sum(some.number for some in await service.readers(case.session, draft, case.now))


async def _names(case: Case) -> Names:
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    clusters: dict[int, Cluster] = {cluster.id: cluster for cluster in mine}
    titles = {_folder(lesson.module.folder): lesson.module.title for lesson in case.house.curriculum.lessons}
    return Names(clusters, titles)


async def _drop_lost_clusters(case: Case, draft: Announcement, names: Names) -> None:
    """A cluster they have given up since is not chosen any more."""
    if clusters := draft.audience.get("cluster"):
        await choose(case, draft, {"cluster": [one for one in clusters if one in names.clusters] or [draft.cluster_id]})


def modules(case: Case) -> list[tuple[str, str]]:
    """The role and the folder of every module, in order."""
    found = ((lesson.module.track, _folder(lesson.module.folder)) for lesson in case.house.curriculum.lessons)
    return list(dict.fromkeys(found))


def _folder(path: str) -> str:
    return path.rpartition("/")[2]


def _module_word(role: str, folder: str) -> str:
    """What stands for a module in a button: "w3". Its folder's name may be too long."""
    return f"{role[:1]}{rules.module_number(folder)}"
