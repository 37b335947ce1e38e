"""Delivery: what becomes of a message on a good day and on a bad one."""

import asyncio
import itertools
from datetime import timedelta

import pytest

import db.outbox
from bot.messages import Lane
from bot.people import service as people
from db.engine import Database
from db.outbox import OutboxRow
from db.people import Person
from simulator import Telegram
from tests.app import TOKEN, until
from tests.outbox.conftest import Post, buttons, later, post_office


async def come_back(post: Post, who: Person) -> None:
    async with post.database.begin() as session:
        person = await session.get(Person, who.id)
        assert person is not None
        await people.come_back(session, person, post.clock.now())
    post.deliverer.wake()


async def is_reachable(post: Post, who: Person) -> bool:
    async with post.database.read() as session:
        person = await session.get(Person, who.id)
        assert person is not None
        return person.reachable


# a good day


async def test_a_message_leaves_and_the_row_says_when_and_as_what(post: Post) -> None:
    (marco,) = await post.people(1)
    await post.put(post.letter(marco, "Hello <b>Marco</b>", buttons=buttons(["Menu"])))
    await post.deliver()
    (row,) = await post.rows()
    kept = post.tg.last(int(marco.address))
    assert (row.state, row.sent_at, row.external_id) == ("sent", post.clock.now(), str(kept.id))
    assert (kept.text, kept.message["entities"][0]["type"]) == ("Hello Marco", "bold")
    assert kept.buttons == [[{"text": "Menu", "callback_data": "people:menu:Menu"}]]


async def test_the_same_key_is_never_sent_twice(post: Post) -> None:
    (marco,) = await post.people(1)
    assert await post.put(post.letter(marco, "one", key="same"), post.letter(marco, "two", key="same")) == 1
    await post.deliver()
    assert await post.put(post.letter(marco, "three", key="same"), post.letter(marco, "four", key="other")) == 1
    await post.deliver()
    assert post.arrived(marco) == ["one", "four"]


async def test_each_persons_messages_arrive_in_order(post: Post) -> None:
    everybody = await post.people(20)
    for number in range(10):
        await post.put(*(post.letter(one, f"{number}") for one in everybody))
    await post.deliver()
    for one in everybody:
        assert post.arrived(one) == [str(number) for number in range(10)]


async def test_a_reply_overtakes_500_announcements(tg: Telegram, database: Database) -> None:
    async with post_office(tg, database, rate=1000) as post:
        crowd = await post.people(500)
        (marco,) = await post.people(1)
        await post.put(*(post.letter(one, "announcement", Lane.ANNOUNCEMENT) for one in crowd))
        post.start()
        await tg.until(lambda: post.order().count("announcement") >= 50)
        before = len(post.order())
        await post.write(marco, "reply")
        await tg.until(lambda: "reply" in post.order())
        place = post.order().index("reply")
        assert before <= place <= before + 2 * 64, "no more than what was already on its way"
        await post.idle()
        assert len(post.order()) == 501


async def test_lanes_go_by_rank_and_then_by_time(post: Post) -> None:
    everybody = await post.people(5)
    lanes = [Lane.ANNOUNCEMENT, Lane.LESSON, Lane.REMINDER, Lane.REPLY, Lane.REPLY]
    due = [0, 0, 0, 0, -5]
    post.pace.rate = 50.0
    await post.put(
        *(
            post.letter(one, f"{lane} {minutes}", lane, due_at=later(post.clock, minutes=minutes))
            for one, lane, minutes in zip(everybody, lanes, due, strict=True)
        )
    )
    await post.deliver()
    assert post.order() == ["reply -5", "reply 0", "reminder 0", "lesson 0", "announcement 0"]


async def test_what_is_due_later_waits(post: Post) -> None:
    (marco,) = await post.people(1)
    await post.write(marco, "tomorrow", lane=Lane.REMINDER, due_at=later(post.clock, days=1))
    await post.write(marco, "now")
    await post.deliver()
    assert post.arrived(marco) == ["now"]
    post.clock.advance(timedelta(days=1))
    await post.deliver()
    assert post.arrived(marco) == ["now", "tomorrow"]


async def test_an_answer_does_not_wait_for_a_clock_that_was_set_back(post: Post) -> None:
    (marco,) = await post.people(1)
    await post.write(marco, "an answer", "another", due_at=later(post.clock, hours=1))
    await post.deliver()
    assert post.arrived(marco) == ["an answer", "another"]


async def test_what_is_too_late_is_dropped_and_recorded_and_holds_nobody_up(post: Post) -> None:
    (marco, aisha) = await post.people(2)
    soon, in_time = later(post.clock, minutes=10), later(post.clock, hours=5)
    await post.put(
        *(post.letter(marco, f"late {i}", due_at=later(post.clock, hours=1), late_after=soon) for i in range(100)),
        post.letter(aisha, "in time", due_at=later(post.clock, hours=1), late_after=in_time),
        post.letter(aisha, "whenever", due_at=later(post.clock, hours=1)),
    )
    post.clock.advance(timedelta(hours=2))
    await post.deliver(timeout_s=5)
    rows = await post.rows()
    assert {(row.state, row.error) for row in rows[:100]} == {("cancelled", "too late to be useful")}
    assert post.arrived(marco) == []
    assert post.arrived(aisha) == ["in time", "whenever"]


# the pace


async def test_the_rate_holds_over_all_chats(tg: Telegram, database: Database) -> None:
    async with post_office(tg, database, rate=50, per_chat_s=1.0) as post:
        tg.limit(global_per_s=60, chat_per_s=2)
        await post.put(*(post.letter(one, "x") for one in await post.people(60)))
        await post.deliver()
        assert await post.states() == ["sent"] * 60
        assert not [request for request in tg.log("sendMessage") if request.status == 429]
        taken = post.moments()
        assert taken[-1] - taken[0] >= 59 / 50 - 0.1


async def test_one_chat_gets_one_message_a_second(tg: Telegram, database: Database) -> None:
    async with post_office(tg, database, per_chat_s=0.2) as post:
        (marco, aisha) = await post.people(2)
        await post.write(marco, "1", "2", "3")
        await post.write(aisha, "a")
        await post.deliver()
        assert post.arrived(marco) == ["1", "2", "3"]
        mine = [sent.at for sent in tg.log("sendMessage", int(marco.address))]
        assert all(later - earlier >= 0.2 for earlier, later in itertools.pairwise(mine))
        assert tg.log("sendMessage", int(aisha.address))[0].at < mine[1], "nobody waits for Marco's second"


async def test_429_for_one_chat_silences_it_to_the_letter_and_nobody_else(post: Post) -> None:
    (marco, *others) = await post.people(4)
    post.tg.fault("429", chat_id=int(marco.address), times=1, retry_after=1)
    await post.write(marco, "1", "2")
    await post.put(*(post.letter(one, "x") for one in others))
    await post.deliver()
    assert post.arrived(marco) == ["1", "2"]
    assert post.tg.faults.bans_ignored == 0
    refused, first, *_ = post.tg.log("sendMessage", int(marco.address))
    assert first.at - refused.at >= 1.0
    assert all(sent.at - refused.at < 0.9 for one in others for sent in post.tg.log("sendMessage", int(one.address)))


@pytest.mark.parametrize("rate", [5000, 30])
async def test_429_for_the_bot_silences_everybody_after_a_single_probe(
    tg: Telegram, database: Database, rate: float
) -> None:
    async with post_office(tg, database, rate=rate) as post:
        everybody = await post.people(12)
        fault = tg.fault("429", times=1, retry_after=1)
        await post.write(everybody[0], "x")
        post.start()
        await tg.until(lambda: fault.hits)
        await post.put(*(post.letter(one, "x") for one in everybody[1:]))
        await post.idle()
        assert await post.states() == ["sent"] * 12
        assert tg.faults.bans_ignored <= 1, "one message to find out whether the ban is for all"
        refused = tg.log("sendMessage")[0]
        assert min(post.moments()) - refused.at >= 1.0
        if rate == 30:  # and nobody rushes out at the end of the silence
            first, *_, last = sorted(post.moments())
            assert last - first >= 10 / 30 - 0.05


async def test_messages_on_their_way_when_silence_is_ordered_wait_and_line_up_anew(
    tg: Telegram, database: Database
) -> None:
    async with post_office(tg, database, rate=20) as post:
        everybody = await post.people(6)
        tg.fault("429", times=1, retry_after=1)
        await post.put(*(post.letter(one, "x") for one in everybody))
        await post.deliver()
        assert tg.faults.bans_ignored <= 1
        assert len(post.moments()) == 6
        # When they left, not when they came: a busy machine brings two that left in order at the same time.
        assert all(later - earlier >= 0.02 for earlier, later in itertools.pairwise(post.pace._left))


# a bad day


@pytest.mark.parametrize("kind", ["500", "502", "cut_before", "cut_after"])
async def test_what_may_not_have_arrived_is_sent_again_and_in_order(post: Post, kind: str) -> None:
    (marco, aisha) = await post.people(2)
    post.tg.fault(kind, chat_id=int(marco.address), times=1)
    await post.write(marco, "1", "2")
    await post.write(aisha, "a")
    await post.deliver()
    twice = ["1"] if kind == "cut_after" else []  # taken, but nobody said so
    assert post.arrived(marco) == [*twice, "1", "2"]
    assert post.arrived(aisha) == ["a"]
    assert await post.states() == ["sent"] * 3
    assert [row.attempts for row in await post.rows()] == [2, 1, 1]


@pytest.mark.parametrize(("kind", "arrived"), [("cut_before", []), ("cut_after", ["news"])])
async def test_an_announcement_whose_connection_broke_is_uncertain_and_not_sent_again(
    post: Post, kind: str, arrived: list[str]
) -> None:
    (marco, aisha) = await post.people(2)
    post.tg.fault(kind, chat_id=int(marco.address), times=1)
    await post.write(marco, "news", lane=Lane.ANNOUNCEMENT)
    await post.write(aisha, "news", lane=Lane.ANNOUNCEMENT)
    await post.deliver()
    await post.deliver()
    assert await post.states() == ["uncertain", "sent"]
    assert post.arrived(marco) == arrived


async def test_an_announcement_that_was_surely_not_taken_is_sent_again(post: Post) -> None:
    (marco,) = await post.people(1)
    post.tg.fault("502", times=2)
    await post.write(marco, "news", lane=Lane.ANNOUNCEMENT)
    await post.deliver()
    assert (await post.states(), post.arrived(marco)) == (["sent"], ["news"])


async def test_no_connection_at_all_is_tried_again(database: Database) -> None:
    async with Telegram(token=TOKEN) as tg:
        port = int(tg.url.rpartition(":")[2])
        async with post_office(tg, database) as post:
            (marco,) = await post.people(1)
            await tg.stop_server()
            post.start()
            await post.write(marco, "news", lane=Lane.ANNOUNCEMENT)
            async with asyncio.timeout(5):
                while (row := (await post.rows())[0]).error is None:
                    await asyncio.sleep(0.01)
            assert row.state == "pending"
            assert row.error.startswith("not connected")
            async with Telegram(token=TOKEN, port=port) as again:
                again.add_person("Marco", id=int(marco.address)).started = True
                await post.idle()
                assert [kept.text for kept in again.from_bot(int(marco.address))] == ["news"]


@pytest.mark.parametrize("how", ["blocked", "deactivated", "never started"])
async def test_403_stops_the_person_and_holds_what_waits(post: Post, how: str) -> None:
    (marco, aisha) = await post.people(2)
    phone = post.tg.people[int(marco.address)]
    match how:
        case "blocked":
            post.tg.block(phone)
        case "deactivated":
            post.tg.deactivate(phone)
        case _:
            phone.started = False
    await post.write(marco, "answer")
    await post.write(marco, "lesson", lane=Lane.LESSON)
    await post.write(marco, "tomorrow", lane=Lane.REMINDER, due_at=later(post.clock, days=1))
    await post.write(aisha, "a")
    await post.deliver()
    assert await post.states() == ["blocked", "blocked", "blocked", "sent"]
    assert not await is_reachable(post, marco)
    assert await is_reachable(post, aisha)
    assert len(post.tg.log("sendMessage", int(marco.address))) == 1, "one refusal is enough"


async def test_coming_back_resumes_what_is_still_of_use(post: Post) -> None:
    (marco,) = await post.people(1)
    phone = post.tg.people[int(marco.address)]
    post.tg.block(phone)
    await post.write(marco, "answer")
    await post.write(marco, "lesson", lane=Lane.LESSON)
    await post.write(marco, "reminder", lane=Lane.REMINDER, late_after=later(post.clock, minutes=30))
    await post.deliver()
    assert await post.states() == ["blocked"] * 3
    async with post.database.read() as session:
        gone = await session.get(Person, marco.id)
    assert gone is not None
    await post.write(gone, "while away", lane=Lane.LESSON)
    post.clock.advance(timedelta(hours=1))
    post.tg.unblock(phone)
    await come_back(post, marco)
    await post.deliver()
    assert post.arrived(marco) == ["lesson", "while away"]
    assert await post.states() == ["blocked", "sent", "blocked", "sent"]


async def test_400_fails_and_stops_neither_the_person_nor_anybody_else(post: Post) -> None:
    (marco, aisha) = await post.people(2)
    await post.write(marco, "<b>never closed", "fine")
    await post.write(aisha, "x" * 4097, "fine")
    await post.put(post.letter(marco, "forged", buttons=buttons(["x" * 60])))
    await post.deliver()
    rows = await post.rows()
    assert [row.state for row in rows] == ["failed", "sent", "failed", "sent", "failed"]
    assert all(row.error for row in rows if row.state == "failed")
    assert (post.arrived(marco), post.arrived(aisha)) == (["fine"], ["fine"])


async def test_half_a_surrogate_pair_leaves_as_a_question_mark(post: Post) -> None:
    (marco,) = await post.people(1)
    await post.write(marco, "half a pair: \ud83d", "a whole one: 😀")
    await post.deliver()
    assert post.arrived(marco) == ["half a pair: ?", "a whole one: 😀"]


async def test_a_row_that_no_channel_can_take_fails_alone(post: Post) -> None:
    (aisha,) = await post.people(1)
    async with post.database.begin() as session:
        session.add(
            OutboxRow(
                person_id=aisha.id,
                channel="pigeon",
                address=aisha.address,
                payload={"text": "x"},
                lane=0,
                due_at=post.clock.now(),
                dedupe_key="pigeon",
                created_at=post.clock.now(),
            )
        )
    await post.write(aisha, "a")
    await post.deliver()
    assert await post.states() == ["failed", "sent"]


async def test_after_a_day_of_faults_it_is_given_up(post: Post) -> None:
    (marco,) = await post.people(1)
    post.tg.fault("500")
    await post.write(marco, "x")
    async with post.database.begin() as session:
        row = await session.get(OutboxRow, 1)
        assert row is not None
        row.attempts = 30
    post.clock.advance(timedelta(hours=25))
    await post.deliver()
    (row,) = await post.rows()
    assert (row.state, row.error) == ("failed", "Internal Server Error")


async def test_what_was_written_long_before_it_was_due_has_its_day_too(post: Post) -> None:
    (marco,) = await post.people(1)
    await post.write(marco, "in two days", lane=Lane.REMINDER, due_at=later(post.clock, days=2))
    post.clock.advance(timedelta(days=2))
    post.tg.fault("500", times=1)
    await post.deliver()
    assert await post.states() == ["sent"]


# stops and crashes


async def test_a_crash_while_sending(post: Post) -> None:
    (marco, aisha) = await post.people(2)
    hold = post.tg.fault("delay", delay_s=30)
    await post.put(
        post.letter(marco, "reply"),
        post.letter(aisha, "news", Lane.ANNOUNCEMENT),
        post.letter(marco, "reminder", Lane.REMINDER),
    )
    post.start()
    await until(lambda: hold.hits == 2)
    assert await post.states() == ["sending", "sending", "pending"]
    await post.fall_over()
    post.tg.clear_faults()
    await post.deliverer.recover()
    await post.deliver()
    rows = await post.rows()
    assert [row.state for row in rows] == ["sent", "uncertain", "sent"]
    assert rows[1].error == "the program stopped while this was being sent"
    assert post.arrived(marco) == ["reply", "reminder"]


async def test_an_orderly_stop_finishes_what_is_on_its_way_and_leaves_the_rest_waiting(
    tg: Telegram, database: Database
) -> None:
    async with post_office(tg, database, rate=10) as post:
        everybody = await post.people(5)
        post.tg.fault("delay", delay_s=0.1)
        await post.put(*(post.letter(one, "news", Lane.ANNOUNCEMENT) for one in everybody))
        post.start()
        await tg.until(lambda: tg.log("sendMessage"))
        await post.stop()
        states = await post.states()
        assert states[0] == "sent"
        assert states[-1] == "pending"
        assert set(states) == {"sent", "pending"}, "nothing is left in doubt"


async def test_a_stop_does_not_wait_for_a_ban_to_end(post: Post) -> None:
    (marco, aisha, ines) = await post.people(3)
    post.tg.fault("429", times=1, retry_after=3600)
    await post.write(marco, "x")
    await post.write(aisha, "x")
    post.start()
    await post.tg.until(lambda: post.tg.faults.bans_ignored == 1)
    await post.write(ines, "x")
    async with asyncio.timeout(5):
        await post.stop()
    assert await post.states() == ["pending"] * 3


async def test_the_database_may_be_away_for_a_moment(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent meanwhile is written down later, and not sent again."""
    (marco,) = await post.people(1)
    settle = db.outbox.settle
    failures = iter([True])

    async def away(*args: object, **facts: object) -> None:
        if next(failures, False):
            raise OSError("the database is away")
        await settle(*args, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(db.outbox, "settle", away)
    await post.write(marco, "1", "2")
    await post.deliver()
    assert post.arrived(marco) == ["1", "2"]
    assert await post.states() == ["sent", "sent"]


async def test_idle_is_not_said_before_a_row_that_has_just_come(post: Post) -> None:
    (marco,) = await post.people(1)
    post.start()
    for number in range(50):
        await post.write(marco, str(number))
        await post.idle()
        assert len(post.arrived(marco)) == number + 1
