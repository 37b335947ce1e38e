"""Which questions are asked, and in which order. The one place that decides what comes next.

`answers` maps a slot to what was answered; a slot that is absent is still open.
"""

from collections.abc import Mapping

SLOTS = ("consent", "name", "role", "age_band", "languages", "city", "sector", "topics", "times")
_OF_ROLE = {
    "worker": SLOTS,
    "trainer": tuple(slot for slot in SLOTS if slot != "sector"),
    "coordinator": ("consent", "name"),
}
SEVERAL = ("languages", "topics", "times")  # questions with more than one answer
AGE_BANDS = {
    "worker": ((50, 59), (60, 69), (70, 120)),
    "trainer": ((18, 21), (22, 24), (25, 27)),
}
YOUNGEST = 18
OLDEST = 120


def needed(answers: Mapping[str, object]) -> tuple[str, ...]:
    """The slots this person needs, in order. Before the role is known: those of a worker."""
    return _OF_ROLE.get(str(answers.get("role", "worker")), SLOTS)


def missing(answers: Mapping[str, object]) -> list[str]:
    """The slots that are still open, in the order in which they are asked."""
    return [slot for slot in needed(answers) if slot not in answers]


def next_question(answers: Mapping[str, object]) -> str | None:
    """What to ask now; None when everything is answered."""
    return next(iter(missing(answers)), None)


def step(answers: Mapping[str, object], asked: str) -> tuple[int, int]:
    """(this question's number, how many there are), both from 1."""
    slots = needed(answers)
    return (slots.index(asked) + 1 if asked in slots else len(slots)), len(slots)


def previous(answers: Mapping[str, object], asked: str) -> str | None:
    """The question before this one; None at the first. Consent, once given, is not asked again."""
    slots = needed(answers)
    place = slots.index(asked) if asked in slots else len(slots)
    before = [slot for slot in slots[:place] if slot != "consent"]
    return before[-1] if before else None


def age_band(age: int, role: str) -> str | None:
    """ "50-59" for 58; None when the programme is not made for this age in this role."""
    for low, high in AGE_BANDS.get(role, ()):
        if low <= age <= high:
            return band(low, high)
    return None


def band(low: int, high: int) -> str:
    return f"{low}-{high}" if high < OLDEST else f"{low}+"


def bands(role: str) -> list[str]:
    """The age bands of a role, as they are stored."""
    return [band(low, high) for low, high in AGE_BANDS.get(role, ())]


def fits(slot: str, value: object, answers: Mapping[str, object]) -> bool:
    """Whether this answer can be this person's: their role is asked this, and their role has this age band."""
    if slot not in needed(answers):
        return False
    return slot != "age_band" or value in bands(str(answers.get("role", "worker")))


def with_role(answers: Mapping[str, object], role: str) -> dict[str, object]:
    """The answers of somebody who has just said (perhaps anew) whether they learn or teach.

    What no longer fits goes: another age band, a trade. The topics too: to want to learn a thing is not to teach it.
    """
    changed = answers.get("role", role) != role
    after = {**answers, "role": role}
    kept = (slot for slot in SLOTS if fits(slot, after.get(slot), after) and not (changed and slot == "topics"))
    return {slot: after[slot] for slot in kept if slot in after}


def toggle(picked: list[str], key: str) -> list[str]:
    """Picked becomes unpicked and the other way round; order of picking is kept."""
    return [one for one in picked if one != key] if key in picked else [*picked, key]
