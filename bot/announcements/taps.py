"""Buttons and words of coordinators -> the announcements' use cases."""

import db.clusters
from bot.announcements import (
    audience_taps,
    button_taps,
    compose_taps,
    list_taps,
    reader_taps,
    receipt_taps,
    receipts,
    rules,
    schedule_taps,
    screens,
    send_taps,
    service,
)
from bot.announcements.audience_screens import Place
from bot.announcements.names import country_name
from bot.announcements.own import FORGED, being_written, own, own_draft
from bot.announcements.rules import ALL, FORMS, ROLES
from bot.case import COORDINATOR, Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.messages import Button
from bot.people import service as people
from bot.texts import N_
from db.announcements import CANCELLED, Announcement

taps = Taps("announcements")

people.LEAVING.append(service.leave)

UNSAID = "-"
NO_CLUSTER = N_("You do not coordinate a cluster yet, so there is nobody to announce to.")


@taps("new", needs=COORDINATOR)
async def new(case: Case, args: tuple[str, ...]) -> None:
    """Begin a draft with what the words already say; in which cluster is asked when it is not clear."""
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    if not mine:
        raise Refused(NO_CLUSTER)
    audience, notes = await audience_taps.understood(case, ":".join(args))
    if notes:
        case.say("\n".join(notes))
    countries = set(audience.get("country", ()))
    fitting = [cluster for cluster in mine if countries & set(cluster.countries)] or list(mine)
    clusters = audience.pop("cluster", None)
    draft = await service.compose(case.session, fitting[0], case.person, audience, {}, case.now)
    if clusters:
        await audience_taps.choose(case, draft, {"cluster": clusters})
    if clusters or len(fitting) == 1:
        return await _begin(case, draft)
    base = f"announcements:of:{draft.id}"
    rows = [(Button(cluster.called(case.t.language), f"{base}:{cluster.id}"),) for cluster in fitting]
    everywhere = (Button(case.t.plain("All my clusters"), f"{base}:{ALL}"),)
    cancel_row = (screens.cancel_button(case.t, draft, "deny"),)
    return case.say(case.t("For which of your clusters?"), *rows, everywhere, cancel_row)


@taps("of", needs=COORDINATOR)
async def of(case: Case, args: tuple[str, ...]) -> None:
    """The cluster of a draft is chosen, or all they coordinate."""
    draft = await own_draft(case, args)
    if draft is None:
        return
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    chosen = list(mine) if word(args, 1) == ALL else [cluster for cluster in mine if cluster.id == number(args, 1)]
    if not chosen:
        raise Forged(FORGED)
    case.tick(Place(chosen).called(case.t.language) if len(chosen) == 1 else case.t("All my clusters"))
    await audience_taps.choose(case, draft, {"cluster": [cluster.id for cluster in chosen]})
    await _begin(case, draft)


@taps("in", needs=COORDINATOR)
async def in_cluster(case: Case, args: tuple[str, ...]) -> None:
    """A button from before there were boards: the cluster, and the role and country of the words then."""
    cluster = await db.clusters.get(case.session, number(args))
    if cluster is None or not await case.coordinates(cluster.id):
        raise Forged(FORGED)
    role, country = word(args, 1, UNSAID), word(args, 2, UNSAID)
    if role not in (*ROLES, ALL, UNSAID) or not (country == UNSAID or rules.is_code(country)):
        raise Forged(FORGED)
    audience: rules.Audience = {} if role == UNSAID else {"role": [] if role == ALL else [role]}
    if country != UNSAID:
        audience["country"] = [country]
    case.tick(cluster.called(case.t.language))
    await _begin(case, await service.compose(case.session, cluster, case.person, audience, {}, case.now))


async def _begin(case: Case, draft: Announcement) -> None:
    """Go on with what the words said; a country that is not the cluster's is said to be none of it."""
    place = await service.place_of(case.session, draft)
    wanted: list[str] = draft.audience.get("country") or []
    kept = [country for country in wanted if country in place.countries]
    if strangers := [country for country in wanted if country not in place.countries]:
        names = case.t.list([country_name(one, case.person.language) for one in strangers])
        case.say(
            case.t("{country} does not belong to {cluster}.", country=names, cluster=place.called(case.t.language))
        )
        rest: rules.Audience = {key: values for key, values in draft.audience.items() if key != "country"}
        rest = {"role": [], **rest} if rules.is_decided(rest) else rest
        draft.audience = {**rest, "country": kept} if kept else rest
        if not kept and len(place.countries) == 1:
            return await audience_taps.show_board(case, draft)
    elif rules.is_decided(draft.audience):
        draft.audience = {"role": [], "country": [], **draft.audience}
    return await ask_next(case, draft)


@taps("chosen", needs=COORDINATOR)
async def chosen(case: Case, args: tuple[str, ...]) -> None:
    """These are the people; what else is missing?"""
    draft = await own_draft(case, args)
    if draft is None:
        return
    draft.audience = {"role": [], "country": [], **draft.audience}
    case.tick(case.t("Go on with these people"))
    await ask_next(case, draft)


@taps("who", needs=COORDINATOR)
async def who(case: Case, args: tuple[str, ...]) -> None:
    draft, role = await own_draft(case, args), word(args, 1)
    if draft is None:
        return
    if role not in (*ROLES, ALL):
        raise Forged(FORGED)
    draft.audience = {**draft.audience, "role": [] if role == ALL else [role]}
    labels = {"worker": N_("Workers"), "trainer": N_("Trainers"), ALL: N_("Everyone")}
    case.tick(case.t(labels[role]))
    await ask_next(case, draft)


@taps("where", needs=COORDINATOR)
async def where(case: Case, args: tuple[str, ...]) -> None:
    draft, country = await own_draft(case, args), word(args, 1)
    if draft is None:
        return
    if country not in (*(await service.place_of(case.session, draft)).countries, ALL):
        raise Forged(FORGED)
    draft.audience = {**draft.audience, "country": [] if country == ALL else [country]}
    name = case.t("All countries") if country == ALL else country_name(country, case.person.language)
    case.tick(rules.as_html(name))
    await ask_next(case, draft)


@taps("change", needs=COORDINATOR)
async def change(case: Case, args: tuple[str, ...]) -> None:
    """Choose other people, for the same text."""
    draft = await own_draft(case, args)
    if draft is None:
        return
    case.tick(case.t("Choose other people"))
    await audience_taps.show_board(case, draft)


@taps("cancel", needs=COORDINATOR)
async def cancel(case: Case, args: tuple[str, ...]) -> None:
    """Throw it away before it has begun. What is on its way can be stopped."""
    announcement = await own(case, args)
    if case.talk.form in FORMS and case.talk.answers.get("draft") == announcement.id:
        case.close_form()
    if announcement.state == CANCELLED or await service.call_off(case.session, announcement, case.now):
        case.tick(case.t("Cancel"))
        menu = Button(case.t.plain("Menu"), "people:menu")
        case.say(case.t("Cancelled. Nothing was sent."), (menu,))
        await list_taps.tell_author_of_cancelling(case, announcement)
    else:
        case.say(case.t("This announcement has been sent already, so it cannot be cancelled."))
        await receipts.show(case.session, announcement, case.person, case.house, case.now)


@taps("goon", needs=COORDINATOR)
async def go_on(case: Case, _args: tuple[str, ...]) -> None:
    """After an aside: the text is asked for again, if it is still being written."""
    draft = await being_written(case)
    if draft and case.talk.asked == audience_taps.PEOPLE:
        await audience_taps.show_board(case, draft)
    elif draft:
        await ask_next(case, draft)


@taps("look", needs=COORDINATOR)
async def look(case: Case, args: tuple[str, ...]) -> None:
    """Go on with a draft where it stands."""
    if draft := await own_draft(case, args):
        await ask_next(case, draft)


async def ask_next(case: Case, draft: Announcement) -> None:
    """Ask for what is missing next: who, where, the texts; then show it all and ask whether to send it."""
    place = await service.place_of(case.session, draft)
    if case.talk.form in FORMS:
        case.close_form()
    if "role" not in draft.audience:
        case.show(screens.who_screen(case.t, draft))
        return
    says_where = {"country", "cluster"} & draft.audience.keys()  # whoever has chosen among clusters has said it
    if not says_where and len(place.countries) > 1:
        case.show(screens.where_screen(case.t, draft, place.countries))
        return
    draft.audience = {"country": [], **draft.audience}
    counted = await service.readers(case.session, draft, case.now)
    if counted:
        await compose_taps.ask_text_or_show(case, draft, counted)
    else:
        case.show(screens.nobody_screen(case.t, draft, place))


for others in (
    audience_taps,
    compose_taps,
    button_taps,
    schedule_taps,
    send_taps,
    list_taps,
    receipt_taps,
    reader_taps,
):
    taps.update(others.taps)
