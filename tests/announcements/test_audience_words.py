"""Who is meant, in the words of coordinators: each row is what they write and what is to be understood."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.announcements import audience_words, rules
from bot.announcements.audience_screens import people_meant
from bot.messages import LANGUAGES
from bot.people import vocabulary
from bot.texts import tongue

SAID = {
    "en": """
        send a message to all workers in Spain | role=worker country=ES
        all unmatched workers in Spain | role=worker country=ES match=unmatched
        trainers in Germany who teach Instagram | role=trainer country=DE topic=instagram
        bakers in Italy who have been silent for 30 days | country=IT sector=bakery silent=30
        message everyone in the UK | role=all country=GB
        write to all trainers without a learner | role=trainer match=unmatched
        workers who have no partner yet | role=worker match=unmatched
        the workers who haven't been matched | role=worker match=unmatched
        everybody who is still waiting for a trainer | role=all match=unmatched
        workers looking for a trainer in Italy | role=worker country=IT match=unmatched
        trainers who already have a worker | role=trainer match=paired
        all paired workers in Italy and Spain | role=worker country=IT+ES match=paired
        workers with a trainer | role=worker match=paired
        workers who finished module 3 | role=worker finished=3
        everyone who has completed module three | role=all finished=3
        people who have done the third module | finished=3
        workers who have finished module 2 or 3 | role=worker finished=2+3
        workers who speak German | role=worker language=de
        German-speaking trainers | role=trainer language=de
        trainers who speak Italian or Spanish | role=trainer language=it+es
        all hairdressers | sector=beauty
        electricians and plumbers in Germany | country=DE sector=energy+construction
        workers in construction | role=worker sector=construction
        the bakery sector in Italy | country=IT sector=bakery
        workers who want to learn WhatsApp | role=worker topic=whatsapp
        trainers for TikTok | role=trainer topic=tiktok
        Instagram trainers in Austria | role=trainer country=AT topic=instagram
        people who have been inactive for two weeks | silent=14
        workers who haven't written for a month | role=worker silent=30
        trainers I haven't heard from in 60 days | role=trainer silent=60
        those who have not been active for 3 weeks | silent=21
        send an update to the hotels only | sector=hotel
        message everyone in construction | role=all sector=construction
        tell all workers in Italy that the workshop is cancelled | role=worker country=IT
        let everyone know that the date has changed | role=all
        to all workers: the office is closed tomorrow | role=worker
        unmatched bakers who finished module 2 | sector=bakery match=unmatched finished=2
        workers and trainers in Great Britain | role=all country=GB
        Italian workers | role=worker country=IT
        all Spanish bakers without a trainer | country=ES sector=bakery match=unmatched
        PLEASE SEND THIS TO ALL THE BAKERS | sector=bakery
        invite all the workers to the workshop | role=worker
        remind all trainers to hand in their reports | role=trainer
        thank the farmers, the electricians and the bakers | sector=farming+energy+bakery
        all German bakers in the UK who speak German | country=GB+DE language=de sector=bakery
        a broadcast in Italian for the trainers | role=trainer
        announce something |
        make an announcement |
        I'd like to send a notice |
        can you pass something on |
    """,
    "it": """
        manda un messaggio a tutti i lavoratori in Spagna | role=worker country=ES
        i panettieri che hanno finito il modulo 3 | sector=bakery finished=3
        tutti i formatori in Germania che insegnano Instagram | role=trainer country=DE topic=instagram
        i fornai in Italia che tacciono da 30 giorni | country=IT sector=bakery silent=30
        scrivi a tutti nel Regno Unito | role=all country=GB
        chi impara e non ha ancora un partner | role=worker match=unmatched
        lavoratori senza formatore | role=worker match=unmatched
        le persone che aspettano ancora un formatore | match=unmatched
        i lavoratori che cercano un tutor in Italia | role=worker country=IT match=unmatched
        i formatori non ancora abbinati | role=trainer match=unmatched
        i formatori che hanno già un allievo | role=trainer match=paired
        tutti i lavoratori abbinati in Italia e in Spagna | role=worker country=IT+ES match=paired
        le persone con un formatore | match=paired
        chi ha completato il terzo modulo | finished=3
        i lavoratori che hanno finito il modulo tre | role=worker finished=3
        tutti quelli che hanno superato il modulo 2 o 3 | role=all finished=2+3
        i formatori che parlano tedesco | role=trainer language=de
        le persone di lingua spagnola | language=es
        gli insegnanti che parlano inglese o italiano | role=trainer language=en+it
        tutte le parrucchiere | sector=beauty
        elettricisti e idraulici in Germania | country=DE sector=energy+construction
        lavoratori nell'edilizia | role=worker sector=construction
        il settore alberghiero in Spagna | country=ES sector=hotel
        i lavoratori che vogliono imparare WhatsApp | role=worker topic=whatsapp
        formatori di TikTok | role=trainer topic=tiktok
        i formatori per Instagram in Austria | role=trainer country=AT topic=instagram
        le persone inattive da due settimane | silent=14
        i lavoratori che non scrivono da un mese | role=worker silent=30
        i formatori che non si fanno sentire da 60 giorni | role=trainer silent=60
        chi non risponde da 3 settimane | silent=21
        solo agli alberghi | sector=hotel
        avvisa tutti i lavoratori in Italia che il corso è annullato | role=worker country=IT
        di' a tutti che la data è cambiata | role=all
        a tutti i lavoratori: l'ufficio domani è chiuso | role=worker
        panettieri senza partner che hanno finito il modulo 2 | sector=bakery match=unmatched finished=2
        lavoratori e formatori in Gran Bretagna | role=all country=GB
        i lavoratori italiani | role=worker country=IT
        i baristi spagnoli senza formatore | country=ES sector=restaurant match=unmatched
        un messaggio a chi insegna | role=trainer
        scrivi a tutti i partecipanti | role=all
        un avviso per tutti i falegnami | sector=crafts
        invita tutti i lavoratori al laboratorio | role=worker
        scrivi a tutti quelli dell'edilizia | role=all sector=construction
        comunicazione agli idraulici, ai fabbri e agli elettricisti | sector=construction+crafts+energy
        fai un broadcast in inglese e italiano per i trainer | role=trainer
        vorrei fare un annuncio |
        devo pubblicare degli annunci |
        nuovo avviso |
        voglio mandare un messaggio |
    """,
    "de": """
        schicke eine Nachricht an alle Lernenden in Spanien | role=worker country=ES
        die Teilnehmer ohne Partner in Österreich | country=AT match=unmatched
        alle Trainerinnen und Trainer in Deutschland, die Instagram lehren | role=trainer country=DE topic=instagram
        die Bäcker in Italien, die seit 30 Tagen still sind | country=IT sector=bakery silent=30
        an alle in Großbritannien | role=all country=GB
        alle Trainer ohne Lernende | role=trainer match=unmatched
        Lernende, die noch keinen Partner haben | role=worker match=unmatched
        die Beschäftigten, die noch nicht vermittelt sind | role=worker match=unmatched
        alle, die noch auf eine Trainerin warten | role=all match=unmatched
        Arbeitnehmer, die einen Trainer suchen | role=worker match=unmatched
        Trainer, die schon jemanden haben | role=trainer match=paired
        alle vermittelten Lernenden in Italien und Spanien | role=worker country=IT+ES match=paired
        Lernende mit Trainer | role=worker match=paired
        Lernende, die Modul 3 abgeschlossen haben | role=worker finished=3
        alle, die mit Modul drei fertig sind | role=all finished=3
        Leute, die das dritte Modul geschafft haben | finished=3
        wer Modul 2 oder 3 beendet hat | finished=2+3
        Trainer, die Deutsch sprechen | role=trainer language=de
        deutschsprachige Trainerinnen | role=trainer language=de
        Trainer, die Italienisch oder Spanisch sprechen | role=trainer language=it+es
        alle Friseurinnen | sector=beauty
        Elektriker und Klempner in Deutschland | country=DE sector=energy+construction
        Lernende auf dem Bau | role=worker sector=construction
        die Branche Bäckerei in Italien | country=IT sector=bakery
        Lernende, die WhatsApp lernen wollen | role=worker topic=whatsapp
        Trainer für TikTok | role=trainer topic=tiktok
        Instagram-Trainer in Österreich | role=trainer country=AT topic=instagram
        Leute, die seit zwei Wochen inaktiv sind | silent=14
        Lernende, die seit einem Monat nicht geschrieben haben | role=worker silent=30
        Trainer, von denen ich seit 60 Tagen nichts gehört habe | role=trainer silent=60
        alle, die sich seit 3 Wochen nicht gemeldet haben | role=all silent=21
        nur an die Hotels | sector=hotel
        sag allen Lernenden in Italien, dass der Kurs ausfällt | role=worker country=IT
        sag allen Bescheid, dass sich das Datum geändert hat | role=all
        an alle Lernenden: das Büro ist morgen zu | role=worker
        unvermittelte Bäcker, die Modul 2 beendet haben | sector=bakery match=unmatched finished=2
        Lernende und Trainer in Großbritannien | role=all country=GB
        die italienischen Lernenden | role=worker country=IT
        alle spanischen Bäckerinnen ohne Trainer | country=ES sector=bakery match=unmatched
        Nachricht an alle Trainer:innen in Oesterreich | role=trainer country=AT
        eine Mitteilung für alle Tischlerinnen | sector=crafts
        lade alle Lernenden in die Werkstatt ein | role=worker
        ich möchte eine Mitteilung schreiben |
        ich möchte alle Trainer informieren | role=trainer
        schreib an alle aus der Pflege | role=all sector=care
        neue Anzeige |
        etwas ankündigen |
        Rundschreiben bitte |
    """,
    "es": """
        manda un mensaje a todos los trabajadores de España | role=worker country=ES
        todos los alumnos sin pareja en España | role=worker country=ES match=unmatched
        los formadores que hablan alemán | role=trainer language=de
        los formadores en Alemania que enseñan Instagram | role=trainer country=DE topic=instagram
        los panaderos de Italia que llevan 30 días sin escribir | country=IT sector=bakery silent=30
        escribe a todos en el Reino Unido | role=all country=GB
        quienes aprenden y todavía no tienen pareja | role=worker match=unmatched
        trabajadoras sin formador | role=worker match=unmatched
        las personas que esperan a un formador | match=unmatched
        trabajadores que buscan una formadora en Italia | role=worker country=IT match=unmatched
        los formadores sin emparejar | role=trainer match=unmatched
        los formadores que ya tienen un alumno | role=trainer match=paired
        todos los trabajadores emparejados de Italia y España | role=worker country=IT+ES match=paired
        la gente con formador | match=paired
        los que han terminado el módulo 3 | finished=3
        trabajadores que han completado el módulo tres | role=worker finished=3
        quienes han acabado el tercer módulo | finished=3
        todos los que han hecho el módulo 2 o 3 | role=all finished=2+3
        las personas de habla inglesa | language=en
        profesores que hablan italiano o español | role=trainer language=it+es
        todas las peluqueras | sector=beauty
        electricistas y fontaneros en Alemania | country=DE sector=energy+construction
        trabajadores de la construcción | role=worker sector=construction
        el sector de la panadería en Italia | country=IT sector=bakery
        los trabajadores que quieren aprender WhatsApp | role=worker topic=whatsapp
        formadores de TikTok | role=trainer topic=tiktok
        los formadores para Instagram en Austria | role=trainer country=AT topic=instagram
        la gente inactiva desde hace dos semanas | silent=14
        los trabajadores que no escriben desde hace un mes | role=worker silent=30
        formadores que no dan señales de vida desde hace 60 días | role=trainer silent=60
        quienes no responden desde hace 3 semanas | silent=21
        solo a los hoteles | sector=hotel
        di a todos los trabajadores de Italia que el curso se cancela | role=worker country=IT
        avisa a todos de que la fecha ha cambiado | role=all
        a todos los trabajadores: la oficina cierra mañana | role=worker
        panaderos sin pareja que han terminado el módulo 2 | sector=bakery match=unmatched finished=2
        trabajadores y formadores en Gran Bretaña | role=all country=GB
        los trabajadores italianos | role=worker country=IT
        todas las panaderas españolas sin formador | country=ES sector=bakery match=unmatched
        mensaje a todos los panaderos | sector=bakery
        un mensaje para todos | role=all
        un aviso para todos los carpinteros | sector=crafts
        invita a todos los trabajadores al taller | role=worker
        quiero hacer un anuncio |
        recuerda a todos los alumnos la reunión de Granada | role=worker
        publicar anuncios |
        nuevo aviso |
        quiero mandar un mensaje |
    """,
}
ROWS = [
    (language, *(part.strip() for part in line.split("|")))
    for language, lines in SAID.items()
    for line in lines.strip().splitlines()
]


def wanted(written: str) -> rules.Audience:
    """ "role=worker finished=3" as the words are read; role=all is an empty list."""
    audience: rules.Audience = {}
    for part in written.split():
        key, _, values = part.partition("=")
        number = key in ("silent", "finished")
        audience[key] = [] if values == "all" else [int(one) if number else one for one in values.split("+")]
    return audience


@pytest.mark.parametrize(("language", "said", "meant"), ROWS)
def test_an_audience_is_read_from_words(language: str, said: str, meant: str) -> None:
    assert audience_words.read(said, language).audience == wanted(meant)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_of_them(language: str) -> None:
    assert len([row for row in ROWS if row[0] == language]) >= 40


@pytest.mark.parametrize(
    ("language", "said", "meant", "unused"),
    [
        ("en", "all bakers called Maria", "sector=bakery", "called Maria"),
        ("en", "all workers in Bologna who have no partner", "role=worker match=unmatched", "Bologna"),
        ("en", "workers who have not finished module 3", "role=worker", "not finished module 3"),
        ("en", "workers who do not speak German", "role=worker", "not speak German"),
        ("en", "everyone except the trainers", "role=all", "except the trainers"),
        ("en", "workers outside Italy", "role=worker", "outside Italy"),
        ("en", "workers who have been silent for less than 30 days", "role=worker", "silent for less than 30 days"),
        ("en", "workers who finished modules 2 and 3", "role=worker", "finished modules 2 and 3"),
        ("en", "workers over 60", "role=worker", "over 60"),
        ("en", "trainers who haven't met anyone yet", "role=trainer", "haven't met anyone"),
        ("en", "trainers who finished all modules", "role=trainer", "finished all modules"),
        ("en", "trainers who finished the module", "role=trainer", "finished the module"),
        ("en", "everyone but the trainers", "role=all", "but the trainers"),
        ("en", "bakers, but not in Spain", "sector=bakery", "but not in Spain"),
        ("en", "workers who aren't bakers", "role=worker", "aren't bakers"),
        ("en", "trainers without Instagram", "role=trainer", "without Instagram"),
        ("en", "nobody in Spain", "", ""),
        ("de", "die Lernenden außerhalb von Deutschland", "role=worker", "außerhalb von Deutschland"),
        ("es", "los trabajadores fuera de Italia", "role=worker", "fuera de Italia"),
        ("en", "all young bakers", "sector=bakery", "young"),
        ("en", "please forward the flyer to all bakers", "sector=bakery", ""),
        ("en", "how do I write to everyone", "role=all", ""),
        ("en", "tell all workers that we meet on Friday", "role=worker", "that we meet on Friday"),
        ("en", "all workers: only those in Bologna", "role=worker", "only those in Bologna"),
        ("en", "all workers in Italy, please!", "role=worker country=IT", ""),
        ("it", "i panettieri di nome Mario", "sector=bakery", "nome Mario"),
        ("it", "tutti i lavoratori tranne i panettieri", "role=worker", "tranne i panettieri"),
        ("it", "chi non ha finito il modulo 3 in Italia", "country=IT", "non ha finito il modulo 3"),
        ("de", "alle Bäcker namens Otto", "sector=bakery", "namens Otto"),
        ("de", "alle außer den Trainern", "role=all", "außer den Trainern"),
        ("de", "alle Lernenden, die Modul 3 nicht beendet haben", "role=worker", "Modul 3 nicht beendet"),
        ("es", "los panaderos que se llaman Juan", "sector=bakery", "llaman Juan"),
        ("es", "todos menos los formadores", "role=all", "menos los formadores"),
        ("es", "formadores que no hablan alemán", "role=trainer", "no hablan alemán"),
    ],
)
def test_what_might_narrow_is_never_dropped_in_silence(language: str, said: str, meant: str, unused: str) -> None:
    understood = audience_words.read(said, language)
    assert (understood.audience, understood.unused) == (wanted(meant), unused)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("all bakers in Emilia-Romagna, food and crafts", [4]),
        ("everyone in emilia-food", [4]),
        ("tutti i panettieri in Emilia Romagna", [4]),
        ("everyone in all my clusters", [4, 9]),
        ("an alle in allen meinen Clustern", [4, 9]),
        ("all bakers", None),
    ],
)
def test_clusters_are_known_by_name(said: str, meant: list[int] | None) -> None:
    clusters = {4: ("emilia-food", "Emilia-Romagna, food and crafts"), 9: ("north", "North, building and care")}
    understood = audience_words.read(said, "en", clusters)
    assert understood.audience.get("cluster") == meant
    assert "emilia" not in understood.unused.casefold()
    assert understood.audience.get("sector") in (None, ["bakery"])


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from([["worker"], ["trainer"]]),
        "country": st.lists(st.sampled_from(["IT", "ES", "DE", "GB", "AT"]), min_size=1, max_size=3, unique=True),
        "language": st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3, unique=True),
        "sector": st.lists(
            st.sampled_from([key for key in vocabulary.keys("sector") if key != "other"]),
            min_size=1,
            max_size=3,
            unique=True,
        ),
        "topic": st.lists(st.sampled_from(vocabulary.keys("topic")), min_size=1, max_size=3, unique=True),
        "match": st.sampled_from([["paired"], ["unmatched"]]),
        "silent": st.sampled_from([[7], [14], [30], [60], [90]]),
        "finished": st.lists(st.integers(1, 9), min_size=1, max_size=2, unique=True),
    },
)


@given(VALUES, st.sampled_from(LANGUAGES), st.integers(0, 1000))
@settings(max_examples=400, deadline=None)
def test_what_is_said_back_is_understood_as_the_same(audience: rules.Audience, language: str, number: int) -> None:
    with_folders = {**audience, "finished": [f"{one:02}-x" for one in audience.get("finished", [])]}
    sentence = people_meant(tongue(language), with_folders, number)
    understood = audience_words.read(sentence, language)
    assert {key: sorted(values) for key, values in understood.audience.items()} == {
        key: sorted(values) for key, values in audience.items()
    }, sentence
    assert understood.unused == "", sentence


WORDS = sorted({word for row in ROWS for word in row[1].split()})


@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)))
@settings(deadline=None)
def test_any_words_can_be_read(said: str) -> None:
    for language in LANGUAGES:
        understood = audience_words.read(said, language)
        assert understood.audience.keys() <= set(rules.KEYS)
        assert set(understood.audience.get("role", [])) <= set(rules.ROLES)
        assert all(
            isinstance(days, int) and 0 < days <= rules.LONGEST_SILENCE
            for days in understood.audience.get("silent", [])
        )


@given(st.text(max_size=5_000))
@settings(deadline=None)
def test_nothing_is_said_back_longer_than_a_line(said: str) -> None:
    assert len(audience_words.read(said, "en").unused) <= audience_words.LONGEST_QUOTE
