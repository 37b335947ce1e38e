"""Real processes on one PostgreSQL: the one that leads is killed in the middle, and nobody notices but the clock."""

from bench.bots import start_warm
from bench.replicas import take_over


async def test_the_leader_is_killed_while_people_tap(shared_url: str) -> None:
    found = await take_over(shared_url, turns=160, born=start_warm)
    crashes = found.crashes
    assert (crashes.turns, crashes.kills, crashes.set_aside) == (160, 1, 0)
    assert (crashes.lost, crashes.doubled, found.disorders) == (0, 0, 0), str(found)
    assert crashes.sent_twice <= crashes.uncertain
    assert 0 < found.silent_s < 10, str(found)
    assert len([port for port, number in found.by_replica.items() if number > 20]) == 2
