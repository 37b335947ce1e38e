"""Who is meant: said as a sentence, and chosen on a board of buttons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.announcements.names import country_name, in_country, language_name
from bot.announcements.rules import module_number
from bot.messages import Button, Outgoing
from bot.people import vocabulary
from bot.texts import N_, Tongue, tongue
from db.announcements import Announcement
from db.clusters import Cluster

ON_A_PAGE = 8  # values
LONGEST_LABEL = 34  # signs of a button that can be read on a small phone
DIMENSIONS = {
    "role": N_("Role"),
    "country": N_("Country"),
    "language": N_("Language"),
    "cluster": N_("Cluster"),
    "sector": N_("Sector"),
    "topic": N_("Topic"),
    "match": N_("Partner"),
    "silent": N_("Silent"),
    "finished": N_("Finished module"),
}
ROLE_LABELS = {"worker": N_("Workers"), "trainer": N_("Trainers")}
MATCH_LABELS = {"unmatched": N_("Without a partner"), "paired": N_("With a partner")}


def people_meant(t: Tongue, audience: Mapping[str, Sequence[Any]], number: int) -> str:
    """The audience in words, not escaped: "12 workers in Italy, without a partner, silent for 30 days"."""
    match audience.get("role") or []:
        case ["worker"]:
            who = t.n("{n} worker", "{n} workers", number)
        case ["trainer"]:
            who = t.n("{n} trainer", "{n} trainers", number)
        case _:
            who = t.n("{n} person", "{n} people", number)
    if countries := audience.get("country"):
        who += " " + t.list([in_country(one, t.language) for one in countries])
    return ", ".join([who, *_narrowed(t, audience)])


def _narrowed(t: Tongue, audience: Mapping[str, Sequence[Any]]) -> list[str]:
    parts: list[str] = []
    if sectors := audience.get("sector"):
        names = [t.plain("“{name}”", name=vocabulary.label("sector", one, t.language)) for one in sectors]
        parts.append(t.plain("sector {names}", names=t.either(names)))
    if topics := audience.get("topic"):
        names = [vocabulary.label("topic", one, t.language) for one in topics]
        parts.append(t.plain("topic {names}", names=t.either(names)))
    if languages := audience.get("language"):
        names = [language_name(one, t.language) for one in languages]
        parts.append(t.plain("language {names}", names=t.either(names)))
    match audience.get("match") or []:
        case ["unmatched"]:
            parts.append(t.plain("without a partner"))
        case ["paired"]:
            parts.append(t.plain("with a partner"))
        case _:
            pass
    if days := audience.get("silent"):
        parts.append(t.n("silent for {n} day", "silent for {n} days", min(days)))
    if modules := audience.get("finished"):
        numbers = sorted({module_number(one) for one in modules})
        parts.append(t.plain("module {numbers} finished", numbers=t.either([str(one) for one in numbers])))
    return parts


@dataclass(frozen=True, slots=True)
class Place:
    """Where: one cluster or several."""

    clusters: Sequence[Cluster]

    def called(self, language: str) -> str:
        """Their names: "South and North"."""
        t = tongue(language)
        return t.list([cluster.called(t.language) for cluster in self.clusters])

    @property
    def countries(self) -> list[str]:
        return list(dict.fromkeys(country for cluster in self.clusters for country in cluster.countries))


# -- the board ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Names:
    """What a tap's word for a value stands for: the clusters by id, the modules' titles by folder."""

    clusters: Mapping[int, Cluster]
    modules: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    def knows(self, key: str, value: Any) -> bool:
        """Whether there is a name for this: an old database may hold a trade that is none any more."""
        if key in ("sector", "topic"):
            return value in vocabulary.keys(key)
        return key != "role" or value in ROLE_LABELS

    def label(self, t: Tongue, key: str, value: Any) -> str:
        match key:
            case "role":
                return t.plain(ROLE_LABELS[value])
            case "country":
                return country_name(value, t.language)
            case "language":
                return language_name(value, t.language)
            case "cluster":
                return self.clusters[value].called(t.language) if value in self.clusters else "?"
            case "sector" | "topic":
                return vocabulary.label(key, value, t.language)
            case "match":
                return t.plain(MATCH_LABELS[value])
            case "silent":
                return t.n("{n} day or longer", "{n} days or longer", value)
            case _:
                title = self.modules.get(value, {})
                return f"{module_number(value)}. {title.get(t.language) or title.get('en') or value}"


def board_screen(
    t: Tongue, draft: Announcement, number: int, place: str, dimensions: Sequence[str], names: Names, before: str = ""
) -> Outgoing:
    """Everything that can be chosen, each with what is chosen now."""
    rows: list[tuple[Button, ...]] = []
    for key in dimensions:
        values = draft.audience.get(key) or ([draft.cluster_id] if key == "cluster" else [])
        chosen = [names.label(t, key, value) for value in values if names.knows(key, value)]
        label = f"{t.plain(DIMENSIONS[key])}: {_short(chosen) if chosen else t.plain('anybody')}"
        rows.append((Button(label, f"announcements:by:{draft.id}:{key}"),))
    if any(draft.audience.values()):
        rows.append((Button(t.plain("Start over with everybody"), f"announcements:any:{draft.id}"),))
    if number:
        rows.append(
            (Button(t.plain("Go on with these people"), f"announcements:chosen:{draft.id}", means=("affirm",)),)
        )
    rows.append((Button(t.plain("Cancel"), f"announcements:cancel:{draft.id}", means=("deny",)),))
    lines = [t("<b>Who is it for?</b>"), _reached(t, draft, number, place)]
    lines.append(t("Tap what you want to choose, or write it: for example “bakers without a partner”."))
    return Outgoing("\n\n".join(filter(None, [before, *lines])), tuple(rows))


def _short(chosen: Sequence[str]) -> str:
    first = chosen[0] if len(chosen[0]) <= LONGEST_LABEL else chosen[0][: LONGEST_LABEL - 1] + "…"
    whole = ", ".join(chosen)
    return whole if len(whole) <= LONGEST_LABEL or len(chosen) == 1 else f"{first} +{len(chosen) - 1}"


def _reached(t: Tongue, draft: Announcement, number: int, place: str) -> str:
    meant = people_meant(t, draft.audience, number)
    if not number:
        return t("Now it reaches nobody: <b>{who}</b> ({cluster}).", who=meant, cluster=place)
    return t("Now it reaches <b>{who}</b> ({cluster}).", who=meant, cluster=place)


@dataclass(frozen=True, slots=True)
class Value:
    """One that can be chosen. `word` stands for it in a button."""

    word: str
    label: str
    people: int
    chosen: bool


def values_screen(
    t: Tongue, draft: Announcement, number: int, place: str, key: str, values: Sequence[Value], page: int
) -> Outgoing:
    """The values of one dimension, with the number of people each; a tap puts one in or takes it out."""
    here = f"{draft.id}:{key}:{page}"
    rows: list[tuple[Button, ...]] = []
    for value in values[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]:
        verb, sign = ("out", "✓ ") if value.chosen else ("put", "")
        label = f"{sign}{value.label} ({value.people})"
        rows.append((Button(label, f"announcements:{verb}:{here}:{value.word}", spoken=False),))
    turns: list[Button] = []
    if page > 0:
        turns.append(Button(t.plain("‹ Before"), f"announcements:by:{draft.id}:{key}:{page - 1}"))
    if (page + 1) * ON_A_PAGE < len(values):
        turns.append(Button(t.plain("More ›"), f"announcements:by:{draft.id}:{key}:{page + 1}"))
    if turns:
        rows.append(tuple(turns))
    if key == "cluster":
        rows.append((Button(t.plain("All my clusters"), f"announcements:any:{draft.id}:{key}"),))
    elif draft.audience.get(key):
        rows.append((Button(t.plain("Anybody"), f"announcements:any:{draft.id}:{key}"),))
    rows.append((Button(t.plain("Done"), f"announcements:aim:{draft.id}", means=("affirm", "go_back")),))
    head = t("<b>{dimension}</b>", dimension=t.plain(DIMENSIONS[key]))
    lines = [head, _reached(t, draft, number, place)]
    if not values:
        lines.append(t("There is nothing to choose here yet."))
    return Outgoing("\n\n".join(lines), tuple(rows))
