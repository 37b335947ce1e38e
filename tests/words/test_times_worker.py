"""Duckling in its own process: killed when it hangs, started again, gone with its parent."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from bot.words.times import when
from bot.words.times.reading import duckling
from bot.words.times.worker import PARSE_WITHIN, SCRIPT, Child, Duckling, NoAnswer
from tests.words.times_notation import WEDNESDAY, here

BLOWS_UP = "5/7 " * 40
LONG = 60.0  # seconds nobody waits: a bound for a test that would hang, not a measurement


def question(text: str, language: str = "en") -> bytes:
    return json.dumps({"text": text, "language": language, "now": WEDNESDAY.isoformat()}).encode()


def soon() -> float:
    return time.monotonic() + LONG


@pytest.fixture
def child():
    one = Child()
    yield one
    one.kill()


@pytest.fixture
def few():
    two = Duckling(children=2)
    yield two
    two.close()


def test_a_text_that_blows_up_has_no_times_and_the_next_one_has() -> None:
    now = here(WEDNESDAY, "en")
    assert when(BLOWS_UP, "en", now) == []
    assert len(when("20 march", "en", now)) == 1


def test_one_child_answers_many_questions(child: Child) -> None:
    assert child.pid is None
    answers = [json.loads(child.ask(question(text), soon())) for text in ("20 march", "hello", "20 march")]
    first = child.pid
    assert [len(answer) for answer in answers] == [1, 0, 1]
    child.ask(question("21 march"), soon())
    assert child.pid == first


def test_a_child_that_hangs_is_killed_and_the_next_question_gets_a_new_one(child: Child) -> None:
    child.ask(question("20 march"), soon())
    hanging = child.pid
    assert hanging is not None
    with pytest.raises(NoAnswer):
        child.ask(question(BLOWS_UP), soon())
    assert child.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(hanging, 0)
    assert json.loads(child.ask(question("20 march"), soon()))
    assert child.pid != hanging


def test_a_child_that_died_between_two_questions_is_replaced(child: Child) -> None:
    child.ask(question("20 march"), soon())
    dead = child.pid
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    os.waitid(os.P_PID, dead, os.WEXITED | os.WNOWAIT)
    assert json.loads(child.ask(question("20 march"), soon()))


def test_a_child_that_cannot_read_its_question_is_replaced(child: Child) -> None:
    with pytest.raises(NoAnswer):
        child.ask(b"not json", soon())
    assert json.loads(child.ask(question("20 march"), soon()))


def test_a_slow_start_is_not_a_hang(child: Child) -> None:
    with pytest.raises(NoAnswer):
        child.ask(question("20 march"), time.monotonic())
    started = child.pid
    assert started is not None
    assert json.loads(child.ask(question("20 march"), soon()))
    assert child.pid == started


def test_while_one_hangs_the_other_answers(few: Duckling) -> None:
    few.parse("20 march", "en", WEDNESDAY, soon())
    hung: list[str] = []

    def hang() -> None:
        try:
            few.parse(BLOWS_UP, "en", WEDNESDAY, soon())
        except NoAnswer:
            hung.append("yes")

    beside = threading.Thread(target=hang)
    beside.start()
    assert few.parse("20 march", "en", WEDNESDAY, soon())
    beside.join(LONG)
    assert hung == ["yes"]


def test_many_threads_share_the_children(few: Duckling) -> None:
    found: list[datetime | None] = []

    def ask(day: int) -> None:
        [parsed] = few.parse(f"{day} april", "en", WEDNESDAY, soon())
        found.append(parsed.since)

    threads = [threading.Thread(target=ask, args=(day,)) for day in range(1, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert sorted(one.day for one in found if one) == list(range(1, 25))
    assert len(few.pids()) <= 2


def test_a_text_that_hung_once_is_not_tried_again(few: Duckling) -> None:
    with pytest.raises(NoAnswer):
        few.parse(BLOWS_UP, "en", WEDNESDAY, soon())
    with pytest.raises(NoAnswer):
        few.parse(BLOWS_UP, "en", WEDNESDAY, soon())
    assert few.pids() == set()  # the second time no child was started for it


def test_who_has_no_time_left_gets_no_answer_and_spoils_nothing(few: Duckling) -> None:
    with pytest.raises(NoAnswer):
        few.parse("20 march", "en", WEDNESDAY, time.monotonic() - 1)
    assert few.parse("20 march", "en", WEDNESDAY, soon())


def test_quick_texts_start_no_second_child() -> None:
    duckling.close()
    for text in ("20 march", "christmas", "3 may"):
        when(text, "en", here(WEDNESDAY, "en"))
    assert len(duckling.pids()) == 1


def start_alone(alarm_after: float) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-P", str(SCRIPT), str(alarm_after)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == "ready"
    return process


def test_an_idle_child_ends_with_its_parents_pipe() -> None:
    process = start_alone(PARSE_WITHIN)
    process.communicate(timeout=LONG)
    assert process.returncode == 0


def test_a_busy_child_ends_by_its_own_alarm() -> None:
    process = start_alone(0.2)
    process.communicate(question(BLOWS_UP) + b"\n", timeout=LONG)
    assert process.returncode == -signal.SIGALRM


def test_the_child_dies_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import json, sys; from bot.words.times.worker import Child; from time import monotonic\n"
            f"child = Child(); child.ask({question('20 march')!r}, monotonic() + {LONG})\n"
            "print(child.pid, flush=True); sys.stdin.read()",
        ],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    watch = os.pidfd_open(pid)
    try:
        parent.kill()
        parent.wait()
        poll = select.poll()
        poll.register(watch)
        assert poll.poll(LONG * 1000), "the child outlived its parent"
    finally:
        os.close(watch)
        for pipe in (parent.stdin, parent.stdout):
            if pipe:
                pipe.close()
