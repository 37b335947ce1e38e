"""In person or online: where the two meet, said when choosing or later, and told to both."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.meetings import places, rules
from bot.messages import Outgoing
from bot.turn import STAYS_OPEN_FOR
from bot.words.forms import AS_WRITTEN, FOR_OTHERS
from db.matching import Match
from db.meetings import AGREED, Meeting
from db.people import Conversation, Person
from tests.matching.stage import Stage, data_of, labels, plain

LIBRARY = "Biblioteca Salaborsa, Piazza del Nettuno 3"
HOW = ("Meet in person", "Another place", "Meet online")


async def the_meeting(stage: Stage) -> Meeting:
    return (await stage.rows(Meeting))[-1]


async def apart(stage: Stage, km: int | None) -> None:
    """The two live this far from each other."""
    async with stage.database.begin() as session:
        for match in await stage.rows(Match):
            match.reasons = {**match.reasons, "km": km}
            await session.merge(match)


async def names(stage: Stage, who: Person, meeting: Meeting, place: str = LIBRARY) -> list[Outgoing]:
    await stage.taps(who, f"meetings:place:{meeting.id}")
    return await stage.says(who, "meetings:placed", place)


def line(file: str, name: str) -> str:
    (value,) = [text.partition(":")[2] for text in file.replace("\r\n ", "").splitlines() if text.startswith(name)]
    return value.replace("\\", "")


# -- while choosing -------------------------------------------------------------------------------------


async def test_who_chooses_may_say_where_and_the_other_one_agrees_to_both(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    said = await stage.answers(marco, "1")
    assert labels(said[-1]) == ["Meet in person", "Another time", "Menu"]
    old = data_of(await stage.last_told(aisha), "Yes, that suits me")
    (asked,) = await stage.taps(marco, data_of(said[-1], "Meet in person"))
    assert "Where would you like to meet Aisha?" in asked.text
    assert labels(asked) == ["Cancel"]
    (shown,) = await stage.says(marco, "meetings:placed", LIBRARY)
    assert LIBRARY in shown.text
    question = await stage.last_told(aisha)
    assert plain(question.text) == (
        "Marco would like to meet you on Thursday 19 November, at 10:00. Does that suit you?\n"
        f"You would meet in person, here: {LIBRARY}"
    )
    said = await stage.taps(aisha, old)
    assert "changed meanwhile" in said[0].text  # she was asked about an online meeting
    assert LIBRARY in said[1].text
    await stage.answers(aisha, "affirm")
    meeting = await the_meeting(stage)
    assert (meeting.state, meeting.place) == (AGREED, LIBRARY)
    for who in (aisha, marco):
        (told,) = await stage.told_about(who, "It is agreed")
        assert f"You meet in person, here: {LIBRARY}" in plain(told.text)
        assert meeting.room not in told.text
        assert told.file
        assert line(told.file.content, "LOCATION") == LIBRARY
        assert meeting.room not in told.file.content


async def test_online_again_before_it_is_agreed(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.answers(marco, "1")
    (shown,) = await names(stage, marco, await the_meeting(stage))
    assert labels(shown)[:2] == ["Another place", "Meet online"]
    await stage.taps(marco, data_of(shown, "Meet online"))
    assert (await the_meeting(stage)).place == ""
    assert "in person" not in (await stage.last_told(aisha)).text


async def test_who_is_asked_answers_before_they_say_where(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.answers(marco, "1")
    before = await the_meeting(stage)
    said = await stage.taps(aisha, f"meetings:place:{before.id}")
    assert "changed meanwhile" in said[0].text
    assert "Does that suit you?" in said[1].text
    after = await the_meeting(stage)
    assert (after.place, after.sequence) == ("", before.sequence)


# -- later ----------------------------------------------------------------------------------------------


async def test_either_may_change_it_later_and_both_are_told(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    (mine,) = await stage.says(aisha, "meetings:mine")
    await stage.taps(aisha, data_of(mine, "Meet in person"))
    (shown,) = await stage.says(aisha, "meetings:placed", LIBRARY)
    in_person = await the_meeting(stage)
    assert "I have told Marco" in shown.text
    told = await stage.last_told(marco)
    assert plain(told.text) == (
        "Aisha would like to meet you in person on Thursday 19 November, at 10:00.\n"
        f"You meet in person, here: {LIBRARY}"
    )
    for message in (shown, told):
        assert message.file
        assert line(message.file.content, "LOCATION") == LIBRARY
        assert line(message.file.content, "SEQUENCE") == str(in_person.sequence)
    (shown,) = await stage.taps(marco, data_of(told, "Meet online"))
    online = await the_meeting(stage)
    assert agreed.sequence < in_person.sequence < online.sequence
    assert (online.state, online.starts_at, online.place, online.room) == (AGREED, agreed.starts_at, "", agreed.room)
    told = await stage.last_told(aisha)
    assert "would like to meet you online" in told.text
    assert told.file
    assert line(told.file.content, "LOCATION") == agreed.room


async def test_a_place_stays_when_the_time_moves(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    await names(stage, aisha, agreed)
    times = (await stage.taps(marco, f"meetings:move:{agreed.id}"))[-1]
    await stage.taps(marco, data_of(times, "Tuesday 24 November, at 15:00"))
    await names(stage, marco, agreed, "Caffè Roma")  # while his question is open
    assert "to Tuesday 24 November" in plain((await stage.last_told(aisha)).text)
    await stage.answers(aisha, "affirm")
    moved = await the_meeting(stage)
    assert (moved.place, moved.starts_at != agreed.starts_at) == ("Caffè Roma", True)


async def test_the_same_twice_is_harmless(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    await stage.taps(marco, f"meetings:online:{agreed.id}")
    await names(stage, marco, agreed)
    before, told = await the_meeting(stage), len(await stage.told(aisha))
    await names(stage, marco, agreed)
    assert (await the_meeting(stage)).sequence == before.sequence == agreed.sequence + 1
    assert len(await stage.told(aisha)) == told


async def test_both_name_a_place_at_once(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    for who in (aisha, marco):
        await stage.taps(who, f"meetings:place:{agreed.id}")
    await asyncio.gather(
        stage.says(aisha, "meetings:placed", "Library"), stage.says(marco, "meetings:placed", "Bakery")
    )
    after = await the_meeting(stage)
    assert after.place in ("Library", "Bakery")
    assert after.sequence == agreed.sequence + 2


# -- who may meet how -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("km", "remote", "before", "after"),
    [
        (0, True, ["Meet in person"], ["Another place", "Meet online"]),
        (25, True, ["Meet in person"], ["Another place", "Meet online"]),
        (26, True, [], None),
        (None, True, [], None),
        (3, False, ["Meet in person"], ["Another place"]),
        (None, False, [], None),
    ],
)
async def test_only_ways_that_suit_both_are_offered(
    stage: Stage,
    aisha: Person,
    marco: Person,
    agreed: Meeting,
    km: int | None,
    remote: bool,
    before: list[str],
    after: list[str] | None,
) -> None:
    await apart(stage, km)
    await stage.change(marco, remote=remote)
    (mine,) = await stage.says(aisha, "meetings:mine")
    assert [one for one in labels(mine) if one in HOW] == before
    assert ("would rather meet in person" in mine.text) == (before != [] and not remote)
    if after is None:
        await stage.taps(aisha, f"meetings:place:{agreed.id}")
        assert stage.refused == [places.TOO_FAR]
        assert (await talk(stage, aisha)).form == ""
        return
    (shown,) = await names(stage, aisha, agreed)
    assert [one for one in labels(shown) if one in HOW] == after
    await stage.taps(aisha, f"meetings:online:{agreed.id}")
    assert stage.refused == ([] if remote else [places.NOT_ONLINE])


async def talk(stage: Stage, who: Person) -> Conversation:
    async with stage.database.read() as session:
        found = await session.get(Conversation, who.id)
        assert found
        return found


@given(st.none() | st.integers(0, 20_000), st.integers(0, 200), st.booleans())
def test_there_is_always_a_way(km: int | None, travel: int, remote: bool) -> None:
    ways = rules.ways(km, travel, remote)
    assert ways <= {rules.IN_PERSON, rules.ONLINE}
    assert ways
    assert (rules.IN_PERSON in ways) == (km is not None and km <= travel)
    assert rules.ONLINE in ways or not remote


# -- what is written ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [("", places.NO_PLACE), (" \n\t", places.NO_PLACE), ("?!…", places.NO_PLACE), ("x" * 201, places.TOO_LONG)],
)
async def test_what_is_no_place_leaves_the_question_open(
    stage: Stage, marco: Person, agreed: Meeting, words: str, sentence: str
) -> None:
    (said,) = await names(stage, marco, agreed, words)
    assert (said.text, labels(said)) == (sentence, ["Cancel"])
    assert (await talk(stage, marco)).form == rules.PLACE_FORM
    await stage.says(marco, "meetings:placed", LIBRARY)
    assert (await the_meeting(stage)).place == LIBRARY
    assert (await talk(stage, marco)).form == ""


async def test_a_place_is_text_and_nothing_else(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    await names(stage, marco, agreed, "<b>Bar</b> & Co,\nBEGIN:VALARM; \u202eroma")
    assert (await the_meeting(stage)).place == "<b>Bar</b> & Co, BEGIN:VALARM; roma"
    told = await stage.last_told(aisha)
    assert "&lt;b&gt;Bar&lt;/b&gt; &amp; Co" in told.text
    assert told.file
    assert line(told.file.content, "LOCATION") == "<b>Bar</b> & Co, BEGIN:VALARM; roma"
    assert told.file.content.count("BEGIN:VALARM\r\n") == 1


@given(st.text(max_size=300))
def test_a_place_fits_its_column_and_one_line(words: str) -> None:
    try:
        place = places.written(words)
    except Refused:
        return
    assert 0 < len(place) <= rules.LONGEST_PLACE
    assert place == places.written(place)
    assert place.isprintable()


async def test_words_for_no_open_question_go_nowhere(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.says(marco, "meetings:placed", LIBRARY)
    assert "I do not know for which meeting that was" in stage.refused[0]
    await stage.taps(marco, f"meetings:place:{agreed.id}")
    await stage.taps(aisha, f"meetings:drop:{agreed.id}")
    said = await stage.says(marco, "meetings:placed", LIBRARY)
    assert "changed meanwhile" in said[0].text
    assert {one.place for one in await stage.rows(Meeting)} == {""}
    assert (await talk(stage, marco)).form != rules.PLACE_FORM


async def test_a_meeting_that_is_over_has_no_other_place(stage: Stage, marco: Person, agreed: Meeting) -> None:
    assert agreed.ends_at
    stage.now = agreed.ends_at
    for verb in ("place", "online"):
        await stage.taps(marco, f"meetings:{verb}:{agreed.id}")
    assert stage.refused == ["This meeting is over already."] * 2


@pytest.mark.parametrize("verb", ["place", "online"])
async def test_somebody_elses_place_is_not_touched(stage: Stage, agreed: Meeting, verb: str) -> None:
    eva = await stage.add("worker", "Eva")
    for wrong in (f"{agreed.id}", f"{agreed.id + 9}", "x", "", "-1", "9" * 40):
        await stage.taps(eva, f"meetings:{verb}:{wrong}")
    assert stage.forged == 6
    assert (await the_meeting(stage)).sequence == agreed.sequence


def test_a_place_is_taken_as_it_is_written_and_read_by_people() -> None:
    assert AS_WRITTEN[rules.PLACE_FORM] == "meetings:placed"
    assert rules.PLACE_FORM in FOR_OTHERS
    assert "meetings:placed" in STAYS_OPEN_FOR[rules.PLACE_FORM]
