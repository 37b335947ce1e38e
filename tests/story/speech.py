"""What the people of the story say when they type instead of tapping, in four languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speech:
    """One language's lines, as people type on phones."""

    yes: str
    learn: str
    teach: str
    worker_name: str
    trainer_name: str
    worker_age: str
    trainer_age: str
    languages: str
    town: str
    country: str
    trade: str
    learns: str
    teaches: str
    worker_times: str
    trainer_times: str
    next_lesson: str
    accept: str
    time: str
    agree: str
    announce: str
    announcement: str
    yes_send: str


SPEECH = {
    "en": Speech(
        yes="yes please",
        learn="I want to learn",
        teach="I'd like to teach",
        worker_name="my name is Graham",
        trainer_name="Priya",
        worker_age="I am 58",
        trainer_age="22",
        languages="english",
        town="leeds",
        country="GB",
        trade="I work in a care home",
        learns="instagram and facebook",
        teaches="Instagram, TikTok",
        worker_times="tuesday afternoons",
        trainer_times="weekday afternoons",
        next_lesson="next lesson please",
        accept="yes I'd like to work with them",
        time="tuesday at 3pm",
        agree="yes that's fine",
        announce="send a message to all workers in the United Kingdom",
        announcement="The market hall opens at nine on Saturday.",
        yes_send="yes",
    ),
    "it": Speech(
        yes="sì, va bene",
        learn="vorrei imparare",
        teach="vorrei insegnare",
        worker_name="mi chiamo Marco",
        trainer_name="Aisha",
        worker_age="ho 58 anni",
        trainer_age="22",
        languages="italiano",
        town="bologna",
        country="IT",
        trade="ho una panetteria",
        learns="instagram e facebook",
        teaches="Instagram, TikTok",
        worker_times="martedi pomeriggio",
        trainer_times="tutti i pomeriggi in settimana",
        next_lesson="prossima lezione",
        accept="sì, vorrei lavorare con questa persona",
        time="martedì alle 15",
        agree="sì, va bene",
        announce="manda un messaggio a tutti i lavoratori in Italia",
        announcement="Sabato il mercato apre alle nove.",
        yes_send="sì",
    ),
    "de": Speech(
        yes="ja gerne",
        learn="ich möchte lernen",
        teach="ich möchte unterrichten",
        worker_name="ich heiße Karin",
        trainer_name="Murat",
        worker_age="ich bin 58",
        trainer_age="22",
        languages="deutsch",
        town="essen",
        country="DE",
        trade="ich arbeite auf dem Bau",
        learns="instagram und facebook",
        teaches="Instagram, TikTok",
        worker_times="dienstag nachmittag",
        trainer_times="nachmittags unter der woche",
        next_lesson="nächste lektion bitte",
        accept="ja, mit der Person möchte ich arbeiten",
        time="dienstag um 15 uhr",
        agree="ja, das passt",
        announce="schick eine nachricht an alle Lernenden in Deutschland",
        announcement="Am Samstag öffnet der Markt um neun.",
        yes_send="ja",
    ),
    "es": Speech(
        yes="sí, claro",
        learn="quiero aprender",
        teach="quiero enseñar",
        worker_name="me llamo Carmen",
        trainer_name="Pablo",
        worker_age="tengo 58 años",
        trainer_age="22",
        languages="español",
        town="sevilla",
        country="ES",
        trade="tengo una tienda",
        learns="instagram y facebook",
        teaches="Instagram, TikTok",
        worker_times="martes por la tarde",
        trainer_times="por las tardes entre semana",
        next_lesson="siguiente lección",
        accept="sí, quiero trabajar con esa persona",
        time="el martes a las 15",
        agree="sí, me va bien",
        announce="manda un mensaje a todos los trabajadores de España",
        announcement="El sábado el mercado abre a las nueve.",
        yes_send="sí",
    ),
}
