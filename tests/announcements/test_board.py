"""The board "Who is it for?": by buttons and by words, always with the sentence and the number of people."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete

from bot.announcements import audience_taps
from bot.announcements.audience_screens import DIMENSIONS, ON_A_PAGE
from bot.messages import LANGUAGES, Outgoing
from bot.people import vocabulary
from db.announcements import Announcement
from db.clusters import Coordination
from db.lessons import Award
from tests.announcements.conftest import NOON, Programme, buttons, person

FORGED = "I don't know this button. Here is what I can do:"


def text_of(screens: list[Outgoing]) -> str:
    return "\n".join(screen.text for screen in screens)


async def board(programme: Programme, words: str = "") -> tuple[Announcement, list[Outgoing]]:
    """A new draft with its board."""
    await programme.does("announcements:new", words)
    draft = (await programme.announcements())[-1]
    return draft, await programme.does(f"announcements:aim:{draft.id}")


async def audience_of(programme: Programme, draft: Announcement) -> dict[str, list[object]]:
    return next(one.audience for one in await programme.announcements() if one.id == draft.id)


async def tap(programme: Programme, screens: list[Outgoing], label: str) -> list[Outgoing]:
    return await programme.does(buttons(screens)[label].data)


async def test_from_the_quick_way_to_the_board_and_on(programme: Programme) -> None:
    anna = await programme.add(sector="bakery", seen_at=NOON - timedelta(days=40))
    await programme.add(sector="bakery")
    await programme.add(sector="hotel", seen_at=NOON - timedelta(days=40))
    who = await programme.does("announcements:new")
    first = await tap(programme, who, "Choose more exactly")
    assert first[-1].edit == "7"
    assert "Now it reaches <b>3 people</b> (Cluster south)." in text_of(first)
    assert list(buttons(first)) == [
        *("Role: anybody", "Country: anybody", "Language: anybody", "Sector: anybody", "Topic: anybody"),
        *("Partner: anybody", "Silent: anybody", "Finished module: anybody", "Go on with these people", "Cancel"),
    ]
    sectors = await tap(programme, first, "Sector: anybody")
    assert list(buttons(sectors)) == ["Bakery (2)", "Hotel or guest house (1)", "Done"]
    ticked = await tap(programme, sectors, "Bakery (2)")
    assert "<b>2 people, sector “Bakery”</b>" in text_of(ticked)
    assert list(buttons(ticked)) == ["✓ Bakery (2)", "Hotel or guest house (1)", "Anybody", "Done"]
    again = await tap(programme, ticked, "Done")
    assert "Sector: Bakery" in buttons(again)
    silent = await tap(programme, again, "Silent: anybody")
    assert list(buttons(silent)) == ["7 days or longer (1)", "14 days or longer (1)", "30 days or longer (1)", "Done"]
    silent = await tap(programme, silent, "7 days or longer (1)")
    silent = await tap(programme, silent, "30 days or longer (1)")
    assert "<b>1 person, sector “Bakery”, silent for 30 days</b>" in text_of(silent)
    text = await tap(programme, await tap(programme, silent, "Done"), "Go on with these people")
    assert "This will go to <b>1 person, sector “Bakery”, silent for 30 days</b>" in text_of(text)
    preview = await programme.types("Ciao")
    assert "1 person, sector “Bakery”, silent for 30 days" in text_of(preview)
    told = await tap(programme, preview, "Send it now")
    assert "Your announcement to <b>1 person, sector “Bakery”, silent for 30 days</b>" in text_of(told)
    assert [row.person_id for row in await programme.letters()] == [anna]


async def test_a_double_tap_is_harmless_and_so_is_taking_out_twice(programme: Programme) -> None:
    await programme.add()
    await programme.add(country="ES")
    draft, _ = await board(programme)
    for _ in range(2):
        await programme.does(f"announcements:put:{draft.id}:country:0:IT")
        assert await audience_of(programme, draft) == {"country": ["IT"]}
    await programme.does(f"announcements:put:{draft.id}:country:0:ES")
    for _ in range(2):
        await programme.does(f"announcements:out:{draft.id}:country:0:IT")
        assert (await audience_of(programme, draft))["country"] == ["ES"]


async def test_only_what_there_is_with_its_number_given_the_rest(programme: Programme) -> None:
    await programme.add(country="IT", topics=["instagram"])
    await programme.add("trainer", country="ES", topics=["instagram", "tiktok"])
    await programme.add(country="DE", topics=["ads"], reachable=False)
    draft, _ = await board(programme, "to all trainers")
    countries = await programme.does(f"announcements:by:{draft.id}:country")
    assert list(buttons(countries)) == ["Spain (1)", "Done"]
    topics = await programme.does(f"announcements:by:{draft.id}:topic")
    assert list(buttons(topics)) == ["Instagram (1)", "TikTok (1)", "Done"]
    roles = await programme.does(f"announcements:by:{draft.id}:role")
    assert list(buttons(roles)) == ["Workers (1)", "✓ Trainers (1)", "Anybody", "Done"]
    nobody = await programme.does(f"announcements:put:{draft.id}:country:0:IT")
    assert "Now it reaches nobody: <b>0 trainers in Italy</b>" in text_of(nobody)
    assert "✓ Italy (0)" in buttons(nobody), "what is chosen can be taken out"
    empty = await programme.does(f"announcements:by:{draft.id}:finished")
    assert "There is nothing to choose here yet." in text_of(empty)
    assert "Go on with these people" not in buttons(await tap(programme, empty, "Done"))


async def test_many_values_come_in_pages(programme: Programme) -> None:
    for sector in vocabulary.keys("sector"):
        await programme.add(sector=sector)
    draft, _ = await board(programme)
    first = await programme.does(f"announcements:by:{draft.id}:sector")
    assert len([label for label in buttons(first) if "(1)" in label]) == ON_A_PAGE
    second = await tap(programme, first, "More ›")
    chosen = next(label for label in buttons(second) if "(1)" in label)
    ticked = await tap(programme, second, chosen)
    assert f"✓ {chosen}" in buttons(ticked), "the page stays"
    everything = {*buttons(first), *buttons(second)} - {"More ›", "‹ Before", "Done"}
    assert len(everything) == len(vocabulary.keys("sector"))
    back = await tap(programme, ticked, "‹ Before")
    assert set(buttons(first)) <= set(buttons(back))
    assert buttons(await programme.does(f"announcements:by:{draft.id}:sector:57"))["Done"], "a page that is gone"


async def test_anybody_clears_one_or_all(programme: Programme) -> None:
    await programme.add(sector="bakery")
    draft, _ = await board(programme, "all bakers without a partner in Italy")
    assert await audience_of(programme, draft) == {
        "role": [],
        "country": ["IT"],
        "sector": ["bakery"],
        "match": ["unmatched"],
    }
    values = await programme.does(f"announcements:by:{draft.id}:match")
    shown = await tap(programme, values, "Anybody")
    assert "1 person in Italy, sector “Bakery”</b>" in text_of(shown)
    shown = await tap(programme, shown, "Start over with everybody")
    assert "Now it reaches <b>1 person</b>" in text_of(shown)
    assert await audience_of(programme, draft) == {}


async def test_the_finished_module_by_its_name(programme: Programme) -> None:
    done, taught = await programme.add(), await programme.add("trainer")
    async with programme.database.begin() as session:
        for number, about in ((done, "worker/03-be-found"), (taught, "trainer/03-teach")):
            award = Award(person_id=number, about=about, code=f"c{number}", name="", language="it", awarded_at=NOON)
            session.add(award)
    draft, _ = await board(programme)
    values = await programme.does(f"announcements:by:{draft.id}:finished")
    assert next(iter(buttons(values))) == "3. Be found (1)"
    assert len(buttons(values)) == 3
    shown = await tap(programme, values, "3. Be found (1)")
    assert "1 person, module 3 finished" in text_of(shown)
    assert (await audience_of(programme, draft))["finished"] == ["03-be-found"]


async def test_clusters_are_a_dimension_for_who_has_several(programme: Programme) -> None:
    north = await programme.add_cluster("north", ["DE"])
    theirs = await programme.add_cluster("theirs", ["DE"], hers=False)
    await programme.add()
    await programme.add(cluster_id=north.id)
    await programme.add(cluster_id=theirs.id)
    asked = await programme.does("announcements:new", "to all workers")
    await tap(programme, asked, "Cluster south")
    (draft,) = await programme.announcements()
    shown = await programme.does(f"announcements:aim:{draft.id}")
    clusters = await tap(programme, shown, "Cluster: Cluster south")
    assert list(buttons(clusters)) == ["✓ Cluster south (1)", "Cluster north (1)", "All my clusters", "Done"]
    both = await tap(programme, clusters, "Cluster north (1)")
    assert "2 workers</b> (Cluster south and Cluster north)" in text_of(both)
    only = await tap(programme, both, "✓ Cluster south (1)")
    assert "1 worker</b> (Cluster north)" in text_of(only)
    (draft,) = await programme.announcements()
    assert (draft.cluster_id, "cluster" in draft.audience) == (north.id, False)
    everything = await tap(programme, only, "All my clusters")
    assert "2 workers</b> (Cluster south and Cluster north)" in text_of(everything)
    await programme.does(f"announcements:put:{draft.id}:cluster:0:{theirs.id}")
    assert programme.refused == [FORGED]
    text = await tap(programme, everything, "Go on with these people")
    assert "(Cluster south and Cluster north)" in text_of(text)
    preview = await programme.types("Ciao")
    await tap(programme, preview, "Send it now")
    assert len(await programme.letters()) == 2


async def test_a_cluster_given_up_meanwhile_is_not_reached(programme: Programme) -> None:
    north = await programme.add_cluster("north", ["DE"])
    await programme.add()
    await programme.add(cluster_id=north.id)
    asked = await programme.does("announcements:new", "to all workers in Italy")
    assert "This will go to <b>1 worker in Italy" in text_of(asked), "the north is not in Italy"
    (draft,) = await programme.announcements()
    shown = await programme.does(f"announcements:any:{draft.id}:cluster")
    await tap(programme, shown, "Go on with these people")
    preview = await programme.types("Ciao")
    assert "2 workers in Italy" in text_of(preview)
    async with programme.database.begin() as session:
        await session.execute(delete(Coordination).where(Coordination.cluster_id == north.id))
    refused = await tap(programme, preview, "Send it now")
    assert "You do not coordinate all of these clusters any more." in text_of(refused)
    assert not await programme.letters()
    shown = await tap(programme, preview, "Choose other people")
    assert "1 worker in Italy</b> (Cluster south)" in text_of(shown)


async def test_it_can_be_written_while_the_board_is_shown(programme: Programme) -> None:
    await programme.add(sector="bakery")
    await programme.add(sector="bakery", language="de")
    draft, _ = await board(programme, "to all workers in Italy")
    shown = await programme.types("only the bakers who speak German")
    assert "1 worker in Italy, sector “Bakery”, language German" in text_of(shown)
    shown = await programme.types("bakers called Maria")
    assert "I took no account of: “called Maria”." in text_of(shown)
    shown = await programme.types("hm, what?")
    assert "I did not understand whom you mean." in text_of(shown)
    assert "1 worker in Italy, sector “Bakery”, language German" in text_of(shown)
    shown = await programme.types("who finished module 99")
    assert "There is no module 99." in text_of(shown)
    assert "finished" not in await audience_of(programme, draft)
    assert (await programme.does("announcements:goon"))[0].text.startswith("<b>Who is it for?</b>")


async def test_what_was_not_understood_is_said_at_once(programme: Programme) -> None:
    await programme.add(sector="bakery")
    asked = await programme.does("announcements:new", "all bakers in Italy called <Maria>")
    assert asked[0].text == "I took no account of: “called &lt;Maria&gt;”."
    assert "1 person in Italy, sector “Bakery”" in asked[1].text


async def test_choosing_again_keeps_the_text(programme: Programme) -> None:
    await programme.add()
    await programme.add("trainer")
    await programme.does("announcements:new", "to all workers in Italy")
    preview = await programme.types("Ciao")
    shown = await tap(programme, preview, "Choose other people")
    assert "Role: Workers" in buttons(shown)
    roles = await tap(programme, shown, "Role: Workers")
    shown = await tap(programme, await tap(programme, roles, "Trainers (1)"), "Done")
    preview = await tap(programme, shown, "Go on with these people")
    assert "Ciao" in text_of(preview)
    assert "This goes to <b>2 people in Italy</b>" in text_of(preview)


TAPS = (
    *("aim:{id}", "by:{id}:role", "put:{id}:role:0:worker", "out:{id}:role:0:worker", "any:{id}", "any:{id}:role"),
    *("chosen:{id}", "of:{id}:all"),
)


@pytest.mark.parametrize("data", TAPS)
async def test_a_draft_of_somebody_else_is_forged(programme: Programme, data: str) -> None:
    draft, _ = await board(programme, "to all workers in Italy")
    async with programme.database.begin() as session:
        colleague = person("coordinator", language="en")
        session.add(colleague)
        await session.flush()
        session.add(Coordination(person_id=colleague.id, cluster_id=programme.cluster.id, since=NOON))
    before = await audience_of(programme, draft)
    await programme.does("announcements:" + data.format(id=draft.id), by=colleague)
    assert programme.refused == [FORGED]
    assert await audience_of(programme, draft) == before


@pytest.mark.parametrize("data", TAPS)
async def test_of_one_that_has_begun_it_is_said_how_it_stands(programme: Programme, data: str) -> None:
    await programme.add()
    await programme.does("announcements:new", "to all workers in Italy")
    await tap(programme, await programme.types("Ciao"), "Send it now")
    (sent,) = await programme.announcements()
    programme.now += timedelta(days=365)
    told = await programme.does("announcements:" + data.format(id=sent.id))
    assert "Your announcement to <b>1 worker in Italy</b>" in text_of(told)
    assert (await programme.announcements())[0].audience == sent.audience


@pytest.mark.parametrize(
    "data",
    [
        *("by:{id}:colour", "by:{id}", "by:{id}:role:x", "put:{id}:role:0:king", "put:{id}:country:0:it"),
        *("put:{id}:sector:0:zoo", "put:{id}:topic:0:", "put:{id}:match:0:maybe", "put:{id}:silent:0:31"),
        *("put:{id}:finished:0:w99", "put:{id}:language:0:fr", "put:{id}:cluster:0:1x", "put:{id}:role"),
        *("any:{id}:colour", "of:{id}:99999", "of:{id}:x", "put:x:role:0:worker"),
    ],
)
async def test_forged_data(programme: Programme, data: str) -> None:
    draft, _ = await board(programme, "to all workers in Italy")
    before = await audience_of(programme, draft)
    await programme.does("announcements:" + data.format(id=draft.id))
    assert programme.refused == [FORGED]
    assert await audience_of(programme, draft) == before


def test_every_button_fits_for_good() -> None:
    """An id has at most 18 figures before it is forged; no value stands for more than it needs."""
    longest = {
        "sector": max(vocabulary.keys("sector"), key=len),
        "topic": max(vocabulary.keys("topic"), key=len),
        "match": "unmatched",
        "cluster": "9" * 10,
        "finished": audience_taps._module_word("worker", "99-" + "x" * 60),
    }
    for key in DIMENSIONS:
        data = f"announcements:put:{'9' * 10}:{key}:{audience_taps.LAST_PAGE}:{longest.get(key, 'trainer')}"
        assert len(data.encode()) <= 64, data


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_screen_has_a_way_out_in_every_language(programme: Programme, language: str) -> None:
    await programme.add(sector="bakery", topics=["ads"])
    async with programme.database.begin() as session:
        ines = await session.merge(programme.ines)
        ines.language = language
    draft, shown = await board(programme, "all bakers")
    assert not re.search(r"[{}]", text_of(shown))
    assert shown[-1].buttons[-1][0].means == ("deny",)
    for key in DIMENSIONS:
        values = await programme.does(f"announcements:by:{draft.id}:{key}")
        assert values[-1].buttons[-1][0].means == ("affirm", "go_back")
        assert all(len(button.data.encode()) <= 64 for button in buttons(values).values())
