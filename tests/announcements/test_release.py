"""When it goes out, how often a day, who else has to say yes, and the same text twice."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

import db.announcements
import db.people
from bot.announcements import due, release, schedule_taps, service
from bot.announcements.own import FORGED
from bot.case import Case
from bot.errors import Refused
from bot.messages import Outgoing
from bot.people import service as people
from db.announcements import Announcement
from db.clusters import Coordination
from db.people import Person
from tests.announcements.conftest import HOUSE, NOON, Programme, buttons

LONDON_NINE = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def text_of(screens: list[Outgoing]) -> str:
    return "\n".join(screen.text for screen in screens)


async def previewed(programme: Programme, people: int = 1, text: str = "Ciao", **facts: str) -> list[Outgoing]:
    for _ in range(people):
        await programme.add(**facts)
    await programme.does("announcements:new", "to all workers in Italy")
    return await programme.types(text)


async def newest(programme: Programme) -> Announcement:
    return (await programme.announcements())[-1]


async def confirmed(programme: Programme, shown: list[Outgoing], *labels: str) -> list[Outgoing]:
    """Tap these buttons one after the other."""
    for label in labels:
        shown = await programme.does(buttons(shown)[label].data)
    return shown


# -- later ----------------------------------------------------------------------------------------------


async def test_tomorrow_at_nine_on_everybodys_clock(programme: Programme) -> None:
    shown = await previewed(programme)
    asked = await confirmed(programme, shown, "Send it later")
    assert list(buttons(asked)) == [
        "Tomorrow, Wednesday 25 November, at 09:00",
        "Monday 30 November, at 09:00",
        "Back",
    ]
    assert await programme.form() == ("announcements_moment", "when")
    shown = await confirmed(
        programme,
        asked,
        "Tomorrow, Wednesday 25 November, at 09:00",
        "At 09:00 on everybody's own clock",
        "Only once",
    )
    assert "Everybody gets it on their own clock: <b>Wednesday 25 November, at 09:00</b>." in text_of(shown)
    assert "The last one will have it: tomorrow, Wednesday 25 November, at 08:00." in text_of(shown)
    told = await confirmed(programme, shown, "Yes, at that time")
    assert "it is put down" in text_of(told)
    one = await newest(programme)
    assert (one.state, one.wall_at, one.every) == ("scheduled", "2026-11-25T09:00", "")
    assert one.starts_at == datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    assert not await programme.letters()
    assert await due.tick(programme.database, one.starts_at, HOUSE) == 1
    (letter,) = await programme.letters()
    assert letter.due_at == datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


async def test_one_moment_for_all_every_month(programme: Programme) -> None:
    shown = await previewed(programme)
    await confirmed(programme, shown, "Send it later")
    asked = await programme.types("31 December at 9 in the morning")
    shown = await confirmed(programme, asked, "For all at once, when it is 09:00 here", "Every month")
    assert "After that every month, in a short month on its last day." in text_of(shown)
    await confirmed(programme, shown, "Yes, at that time")
    one = await newest(programme)
    assert (one.wall_at, one.every, one.day) == ("", "month", 31)
    assert one.starts_at == datetime(2026, 12, 31, 9, 0, tzinfo=UTC)
    months = [one.starts_at]
    for _ in range(3):
        last = (await newest(programme)).starts_at
        assert last
        await due.tick(programme.database, last, HOUSE)
        months.append((await newest(programme)).starts_at)
    assert [(moment.month, moment.day) for moment in months if moment] == [(12, 31), (1, 31), (2, 28), (3, 31)]
    assert [moment.hour for moment in months if moment] == [9, 9, 9, 8], "ten in Rome, before and after the change"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("the programme is good", schedule_taps.NO_TIME),
        ("yesterday at 9", schedule_taps.NOT_POSSIBLE),
        ("2026-11-24 11:59", schedule_taps.NOT_POSSIBLE),
        ("2028-01-01 09:00", schedule_taps.NOT_POSSIBLE),
    ],
)
async def test_words_that_name_no_moment_to_come(programme: Programme, words: str, says: str) -> None:
    shown = await previewed(programme)
    await confirmed(programme, shown, "Send it later")
    await programme.types(words)
    assert programme.refused == [says]
    assert await programme.form() == ("announcements_moment", "when")
    assert "own clock" in text_of(await programme.types("2026-12-01 09:00"))


async def test_a_day_without_an_hour_is_its_morning(programme: Programme) -> None:
    shown = await previewed(programme)
    await confirmed(programme, shown, "Send it later")
    assert "Tuesday 1 December, at 09:00" in text_of(await programme.types("1 December"))


async def test_a_time_that_passed_before_it_was_confirmed(programme: Programme) -> None:
    shown = await previewed(programme)
    (draft,) = await programme.announcements()
    await programme.does(f"announcements:once:{draft.id}:202611241300")
    shown = await programme.does(f"announcements:every:{draft.id}:never")
    programme.now = NOON + timedelta(hours=2)
    assert "is over" in text_of(await confirmed(programme, shown, "Yes, at that time"))
    assert (await newest(programme)).state == "draft"
    assert not await programme.letters()
    await programme.does(f"announcements:clock:{draft.id}:202611241300")
    assert programme.refused == [schedule_taps.NOT_POSSIBLE]


async def test_no_set_time_after_all(programme: Programme) -> None:
    shown = await previewed(programme)
    (draft,) = await programme.announcements()
    await programme.does(f"announcements:clock:{draft.id}:202612010900")
    shown = await programme.does(f"announcements:every:{draft.id}:month")
    shown = await confirmed(programme, shown, "No set time")
    one = await newest(programme)
    assert (one.wall_at, one.starts_at, one.every, one.day) == ("", None, "", 0)
    assert "Send it now" in buttons(shown)


async def put_down(programme: Programme, *, every: str = "never", people: int = 1) -> Announcement:
    await previewed(programme, people)
    draft = await newest(programme)
    await programme.does(f"announcements:once:{draft.id}:202612010900")
    shown = await programme.does(f"announcements:every:{draft.id}:{every}")
    await confirmed(programme, shown, "Yes, at that time")
    one = await newest(programme)
    assert one.state == "scheduled"
    return one


async def test_what_is_put_down_is_changed_and_waits_for_a_new_yes(programme: Programme) -> None:
    one = await put_down(programme)
    look = await programme.does("announcements:mine")
    assert "Comes: Tuesday 1 December, at 09:00" in text_of(look)
    shown = await confirmed(programme, look, "1. Ciao", "Change it")
    assert "nothing goes out until you confirm it" in text_of(shown)
    assert await due.tick(programme.database, LONDON_NINE, HOUSE) == 0
    await confirmed(programme, shown, "Change the text")
    shown = await programme.types("Arrivederci")
    await confirmed(programme, shown, "Yes, at that time")
    assert (await newest(programme)).id == one.id
    assert await due.tick(programme.database, LONDON_NINE, HOUSE) == 1
    (letter,) = await programme.letters()
    assert letter.payload["text"].endswith("Arrivederci")


async def test_what_is_put_down_is_called_off_also_by_a_colleague(programme: Programme) -> None:
    one = await put_down(programme)
    colleague = await programme.colleague()
    shown = await programme.does(f"announcements:open:{one.id}", by=colleague)
    assert "Change it" not in buttons(shown)
    await programme.does(f"announcements:edit:{one.id}", by=colleague)
    assert "Only who wrote it" in programme.refused[0]
    await programme.does(buttons(shown)["Do not send it"].data, by=colleague)
    told = await programme.told(programme.ines.id)
    assert "Aisha has cancelled your announcement: “Ciao”" in told[-1].text
    assert await due.tick(programme.database, LONDON_NINE, HOUSE) == 0
    assert "was cancelled" in text_of(await programme.does(f"announcements:open:{one.id}"))
    assert not await programme.letters()


async def test_changed_long_before_it_is_still_fresh(programme: Programme) -> None:
    one = await put_down(programme)
    programme.now = NOON + timedelta(days=6)
    shown = await programme.does(f"announcements:edit:{one.id}")
    programme.now = NOON + timedelta(days=6, hours=1)
    await confirmed(programme, shown, "Yes, at that time")
    assert (await newest(programme)).state == "scheduled"


async def test_the_list_of_all_that_is(programme: Programme) -> None:
    assert "no announcements yet" in text_of(await programme.does("announcements:mine"))
    await put_down(programme)
    shown = await previewed(programme, text="Oggi <b>")
    await confirmed(programme, shown, "Send it now")
    await programme.does("announcements:new", "to all workers in Italy")
    await programme.types("Domani")
    shown = await programme.does("announcements:mine")
    assert [line.partition(":")[0] for line in shown[0].text.splitlines()[1:]] == [
        "1. <b>Draft</b>",
        "2. <b>On its way</b>",
        "3. <b>Comes",
    ]
    assert "Oggi &lt;b&gt;" in shown[0].text
    receipt = await programme.does(buttons(shown)["2. Oggi <b>"].data)
    assert "is on its way" in text_of(receipt)
    colleague = await programme.colleague()
    theirs = await programme.does("announcements:mine", by=colleague)
    assert "Draft" not in text_of(theirs)


async def test_an_hour_that_is_over_for_all_who_are_meant_is_not_at_once(programme: Programme) -> None:
    await previewed(programme)
    draft = await newest(programme)
    programme.now = NOON + timedelta(minutes=30)  # 12:30 in London, 13:30 in Rome
    await programme.does(f"announcements:clock:{draft.id}:202611241300")
    told = await confirmed(
        programme, await programme.does(f"announcements:every:{draft.id}:never"), "Yes, at that time"
    )
    assert "The time you chose is over" in text_of(told)
    assert not await programme.letters()


# -- how many a day -------------------------------------------------------------------------------------


async def test_not_more_than_the_cluster_allows(programme: Programme) -> None:
    await programme.set_cluster(announcements_a_day=2)
    for n in range(2):
        programme.now = NOON + timedelta(hours=n)
        await confirmed(programme, await previewed(programme, text=f"Ciao {n}"), "Send it now")
    shown = await previewed(programme, text="Ciao ancora")
    told = await confirmed(programme, shown, "Send it now")
    assert "as are allowed (2). The next one is possible: tomorrow, Wednesday 25 November, at 12:00." in text_of(told)
    assert (await newest(programme)).state == "draft"
    programme.now = NOON + timedelta(days=1)
    await confirmed(programme, shown, "Send it now")
    assert programme.refused[1:] == [service.LIMIT], "exactly a day ago is still within it"
    programme.now += timedelta(seconds=1)
    await confirmed(programme, shown, "Send it now")
    assert (await newest(programme)).state == "sending"


async def test_a_cluster_without_announcements(programme: Programme) -> None:
    await programme.set_cluster(announcements_a_day=0)
    told = await confirmed(programme, await previewed(programme), "Send it now")
    assert "switched off for Cluster south" in text_of(told)


async def test_of_two_at_the_same_time_only_one_is_within_the_limit(programme: Programme) -> None:
    await programme.set_cluster(announcements_a_day=1)
    await programme.add()
    async with programme.database.begin() as session:
        drafts = [
            await service.compose(session, programme.cluster, None, {}, {"all": f"Hi {n}"}, NOON) for n in range(4)
        ]

    async def start(number: int) -> int:
        async with programme.database.begin() as session:
            mine = await db.announcements.get(session, number)
            assert mine
            try:
                return await service.start(session, mine, HOUSE, NOON)
            except Refused as refused:
                return -1 if refused.sentence == service.LIMIT else -2

    assert sorted(await asyncio.gather(*(start(one.id) for one in drafts))) == [-1, -1, -1, 1]


@pytest.mark.parametrize("both_first", [True, False])
async def test_one_to_several_clusters_counts_in_each_of_them(programme: Programme, both_first: bool) -> None:
    await programme.set_cluster(announcements_a_day=1)
    north = await programme.add_cluster("north", ["DE"])
    await programme.add()
    await programme.add(cluster_id=north.id)
    async with programme.database.begin() as session:
        both = await service.compose(
            session, north, None, {"cluster": [programme.cluster.id, north.id]}, {"all": "Both"}, NOON
        )
        one = await service.compose(session, programme.cluster, None, {}, {"all": "One"}, NOON)
        first, second = (both, one) if both_first else (one, both)
        assert await service.start(session, first, HOUSE, NOON) == (2 if both_first else 1)
        with pytest.raises(Refused) as refused:
            await service.start(session, second, HOUSE, NOON)
        assert refused.value.sentence == service.LIMIT


async def test_one_that_is_put_down_and_beyond_the_limit_is_a_draft_again(programme: Programme) -> None:
    one = await put_down(programme)
    await programme.set_cluster(announcements_a_day=0)
    await due.tick(programme.database, LONDON_NINE, HOUSE)
    assert (await newest(programme)).state == "draft"
    told = (await programme.told(programme.ines.id))[-1]
    assert "could not be sent at the time you chose" in told.text
    assert buttons([told])["Show the draft"].data == f"announcements:look:{one.id}"


# -- four eyes ------------------------------------------------------------------------------------------


async def asked_second(programme: Programme) -> tuple[Announcement, list[Outgoing]]:
    await programme.set_cluster(four_eyes_above=2)
    colleague = await programme.colleague()
    await confirmed(programme, await previewed(programme, 3), "Send it now")
    return await newest(programme), await programme.told(colleague.id)


async def test_a_second_coordinator_says_yes(programme: Programme) -> None:
    one, shown = await asked_second(programme)
    assert one.state == "waiting"
    assert not await programme.letters()
    assert "<b>Ines</b> would like to send this" in shown[-1].text
    assert "3 workers" in shown[-1].text
    assert shown[0].text.endswith("Ciao")
    assert "I have asked Aisha" in text_of(await programme.told(programme.ines.id))
    colleague = (await colleagues(programme))[0]
    yes = buttons(shown)["Yes, send it"].data
    assert len(yes.encode()) <= 64
    await programme.does(yes)
    assert programme.refused == [release.NOT_YOUR_OWN]
    await programme.does(yes, by=colleague)
    await programme.does(yes, by=colleague)
    one = await newest(programme)
    assert (one.state, one.approver_id) == ("sending", colleague.id)
    assert len(await programme.letters()) == 3
    texts = text_of(await programme.told(programme.ines.id))
    assert "Aisha has said yes" in texts
    assert "is on its way" in texts


async def colleagues(programme: Programme) -> list[Person]:
    async with programme.database.read() as session:
        return await release.others(session, await newest(programme))


async def test_a_second_coordinator_says_no(programme: Programme) -> None:
    one, shown = await asked_second(programme)
    colleague = (await colleagues(programme))[0]
    await programme.does(buttons(shown)["No, do not send it"].data, by=colleague)
    assert (await newest(programme)).state == "draft"
    told = (await programme.told(programme.ines.id))[-1]
    assert "Aisha has said no" in told.text
    await programme.does(buttons(shown)["Yes, send it"].data, by=colleague)
    assert programme.refused == [FORGED], "a draft is its author's"
    again = await programme.does(buttons([told])["Show the draft"].data)
    await confirmed(programme, again, "Send it now")
    assert (await newest(programme)).state == "waiting"
    assert len(await programme.told(colleague.id)) > len(shown), "asked again, although nothing was changed"
    assert one.id == (await newest(programme)).id


async def test_what_was_changed_since_needs_another_look(programme: Programme) -> None:
    one, shown = await asked_second(programme)
    colleague = (await colleagues(programme))[0]
    draft = await programme.does(f"announcements:edit:{one.id}")
    await confirmed(programme, draft, "Change the text")
    await confirmed(programme, await programme.types("Altro"), "Send it now")
    looked = await programme.does(buttons(shown)["Yes, send it"].data, by=colleague)
    assert "has changed since" in text_of(looked)
    assert not await programme.letters()
    await programme.does(buttons(looked)["Yes, send it"].data, by=colleague)
    assert {row.payload["text"].rpartition("\n")[2] for row in await programme.letters()} == {"Altro"}


async def test_nobody_else_can_say_yes(programme: Programme) -> None:
    await programme.set_cluster(four_eyes_above=2)
    told = await confirmed(programme, await previewed(programme, 3), "Send it now")
    assert "Cluster south has no other one" in text_of(told)
    assert (await newest(programme)).state == "draft"


async def test_few_people_need_no_second_yes(programme: Programme) -> None:
    await programme.set_cluster(four_eyes_above=2)
    await confirmed(programme, await previewed(programme, 2), "Send it now")
    assert (await newest(programme)).state == "sending"


async def test_yes_to_one_that_is_for_later_puts_it_down(programme: Programme) -> None:
    await programme.set_cluster(four_eyes_above=2)
    colleague = await programme.colleague()
    await previewed(programme, 3)
    draft = await newest(programme)
    await programme.does(f"announcements:once:{draft.id}:202612010900")
    shown = await programme.does(f"announcements:every:{draft.id}:week")
    await confirmed(programme, shown, "Yes, at that time")
    asked = await programme.told(colleague.id)
    assert "It goes out: <b>Tuesday 1 December, at 09:00</b>. After that every week." in asked[-1].text
    await programme.does(buttons(asked)["Yes, send it"].data, by=colleague)
    assert (await newest(programme)).state == "scheduled"
    await due.tick(programme.database, LONDON_NINE, HOUSE)
    found = await programme.announcements()
    assert [one.state for one in found] == ["sending", "scheduled"]
    assert found[1].approver_id == colleague.id, "the same again needs no second yes"


async def test_one_that_has_grown_beyond_the_number_asks_at_its_time(programme: Programme) -> None:
    await programme.set_cluster(four_eyes_above=2)
    colleague = await programme.colleague()
    await put_down(programme)
    for _ in range(3):
        await programme.add()
    programme.now = LONDON_NINE
    await due.tick(programme.database, LONDON_NINE, HOUSE)
    assert (await newest(programme)).state == "waiting"
    assert not await programme.letters()
    await programme.does(buttons(await programme.told(colleague.id))["Yes, send it"].data, by=colleague)
    assert len(await programme.letters()) == 4


async def test_one_that_asks_at_its_time_may_be_weeks_old(programme: Programme) -> None:
    await programme.set_cluster(four_eyes_above=2)
    colleague = await programme.colleague()
    await previewed(programme)
    draft = await newest(programme)
    await programme.does(f"announcements:once:{draft.id}:202612150900")
    await confirmed(programme, await programme.does(f"announcements:every:{draft.id}:never"), "Yes, at that time")
    for _ in range(3):
        await programme.add()
    programme.now = datetime(2026, 12, 15, 9, 0, tzinfo=UTC)
    await due.tick(programme.database, programme.now, HOUSE)
    assert (await newest(programme)).state == "waiting"
    await programme.does(buttons(await programme.told(colleague.id))["Yes, send it"].data, by=colleague)
    assert (await newest(programme)).state == "sending"
    assert len(await programme.letters()) == 4


async def test_a_script_needs_a_second_pair_of_eyes_too(programme: Programme) -> None:
    await programme.set_cluster(four_eyes_above=0)
    await programme.add()
    async with programme.database.begin() as session:
        draft = await service.compose(session, programme.cluster, None, {}, {"all": "Hi"}, NOON)
        with pytest.raises(Refused):
            await service.start(session, draft, HOUSE, NOON)
        await release.let_go(session, draft, HOUSE, NOON)
        assert draft.state == "waiting"
    asked = await programme.told(programme.ines.id)
    await programme.does(buttons(asked)["Yes, send it"].data)
    assert len(await programme.letters()) == 1


async def test_a_strangers_yes_is_forged(programme: Programme) -> None:
    _, shown = await asked_second(programme)
    async with programme.database.read() as session:
        worker = (await session.scalars(select(Person).where(Person.role == "worker").limit(1))).one()
    await programme.does(buttons(shown)["Yes, send it"].data, by=worker)
    assert programme.refused == [FORGED]


async def test_a_yes_to_somebody_who_has_lost_the_cluster_sends_nothing(programme: Programme) -> None:
    _, shown = await asked_second(programme)
    colleague = (await colleagues(programme))[0]
    async with programme.database.begin() as session:
        await session.execute(delete(Coordination).where(Coordination.person_id == programme.ines.id))
    told = await programme.does(buttons(shown)["Yes, send it"].data, by=colleague)
    assert "does not coordinate this cluster any more" in text_of(told)
    assert (await newest(programme)).state == "cancelled"
    assert not await programme.letters()


async def test_what_somebody_put_down_who_has_erased_themselves_is_not_sent(programme: Programme) -> None:
    await put_down(programme)
    async with programme.database.begin() as session:
        ines = await programme.coordinator(session)
        talk = await db.people.conversation(session, ines.id, NOON)
        await people.forget(Case(session, NOON, ines, talk, HOUSE, "re:forget"))
    async with programme.database.begin() as session:
        assert await db.people.erase_due(session, NOON + timedelta(hours=2), 10) == 1
    await due.tick(programme.database, LONDON_NINE, HOUSE)
    assert [one.state for one in await programme.announcements()] == ["cancelled"]
    assert not await programme.letters()


async def test_two_answers_at_the_same_time_are_one(programme: Programme) -> None:
    one, _ = await asked_second(programme)
    colleague = (await colleagues(programme))[0]

    async def say_yes() -> str:
        async with programme.database.begin() as session:
            mine = await db.announcements.get(session, one.id)
            assert mine
            await release.let_go(session, mine, HOUSE, NOON, colleague)
            return mine.state

    assert await asyncio.gather(*(say_yes() for _ in range(4))) == ["sending"] * 4
    assert len(await programme.letters()) == 3


# -- the same text --------------------------------------------------------------------------------------


async def test_the_same_text_to_the_same_people_is_asked_first(programme: Programme) -> None:
    await confirmed(programme, await previewed(programme, 2), "Send it now")
    await programme.add()
    programme.now = NOON + timedelta(hours=2)
    await programme.does("announcements:new", "to all workers in Italy")
    shown = await programme.types("CIAO!", "<b>CIAO!</b>")
    asked = await confirmed(programme, shown, "Send it now")
    assert "The same text went to 2 of these people: today, Tuesday 24 November, at 12:00. Send it again?" in text_of(
        asked
    )
    assert len(await programme.letters()) == 2
    assert len(buttons(asked)["Send it again"].data.encode()) <= 64
    back = await confirmed(programme, asked, "No, show me the draft")
    assert "Send it now" in buttons(back)
    await confirmed(programme, asked, "Send it again")
    assert len(await programme.letters()) == 5


async def test_the_same_text_that_is_to_come_is_asked_about_too(programme: Programme) -> None:
    await put_down(programme)
    shown = await previewed(programme, 0)
    draft = await newest(programme)
    await programme.does(f"announcements:once:{draft.id}:202612020700")
    shown = await programme.does(f"announcements:every:{draft.id}:never")
    asked = await confirmed(programme, shown, "Yes, at that time")
    assert "The same text is put down for 1 of these people: Tuesday 1 December, at 09:00." in text_of(asked)
    assert (await newest(programme)).state == "draft"
    await programme.does(f"announcements:once:{draft.id}:202612021000")
    shown = await programme.does(f"announcements:every:{draft.id}:never")
    await confirmed(programme, shown, "Yes, at that time")
    assert (await newest(programme)).state == "scheduled", "more than a day later"


async def test_another_text_other_people_or_another_day_is_not_asked(programme: Programme) -> None:
    await confirmed(programme, await previewed(programme), "Send it now")
    await confirmed(programme, await previewed(programme, text="Altro"), "Send it now")
    await programme.add("trainer")
    await programme.does("announcements:new", "to all trainers in Italy")
    await confirmed(programme, await programme.types("Ciao"), "Send it now")
    assert [one.state for one in await programme.announcements()] == ["sending"] * 3
    programme.now = NOON + timedelta(days=1, minutes=1)
    await confirmed(programme, await previewed(programme), "Send it now")
    assert (await newest(programme)).state == "sending"


async def test_what_never_reached_them_is_not_the_same_again(programme: Programme) -> None:
    await confirmed(programme, await previewed(programme), "Send it now")
    await programme.set_states("failed")
    await programme.does("announcements:new", "to all workers in Italy")
    await confirmed(programme, await programme.types("Ciao"), "Send it now")
    assert (await newest(programme)).state == "sending"
