"""The words of time in Spanish."""

from bot.words.times.vocabulary.base import Vocabulary, counted

_NUMBERS = counted(
    "cero un|uno|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"
    " dieciseis diecisiete dieciocho diecinueve veinte veintiuno|veintiun veintidos veintitres veinticuatro"
    " veinticinco veintiseis veintisiete veintiocho veintinueve treinta"
)
_BEHIND_A_DAY = r"(?:(?<=nes |tes |les |ves |ngo )|(?<=bado ))"  # lunes, martes, miercoles, jueves, sabado, domingo

SPANISH = Vocabulary(
    numbers={
        **_NUMBERS,
        "treinta y uno": 31,
        "treinta y cinco": 35,
        "cuarenta": 40,
        "cuarenta y cinco": 45,
        "cincuenta": 50,
        "cincuenta y cinco": 55,
    },
    weekdays=(
        "lunes",
        "martes",
        "miercoles|miecoles|miercles|mierc",
        "jueves|juebes",
        "viernes|biernes",
        "[sz]a[bv]ados?",
        "domingos?|domigo",
    ),
    short=("lun", "mar", "mier?", "jue", "vie", "sab", "dom"),
    short_after=r"(?:este|proximo|hasta el|desde el|cada)\s+",
    parts={
        r"a primera hora(?: de la manana)?(?! de)|a media manana": "am",
        r"a (?:primera|ultima) hora de la tarde|a media tarde": "pm",
        r"(?:por|de|en|a) la(?:s)? mananas?": "am",
        r"(?:por|de|en|a) la(?:s)? tardes?": "pm",
        r"(?:por|de|en|a) la(?:s)? noches?": "eve",
        r"(?:por|de|en) la madrugada|de madrugada": "small hours",
        r"despues de (?:comer|almorzar)|despues del almuerzo": "pm",
        r"(?:a la hora de comer)": "noon",
        r"\Amananas\Z": "am",
        r"\Atardes?\Z": "pm",
        r"\Anoches?\Z": "eve",
        rf"{_BEHIND_A_DAY}manana": "am",
        rf"{_BEHIND_A_DAY}tarde": "pm",
        rf"{_BEHIND_A_DAY}noche": "eve",
    },
    day_parts={
        r"esta manana": ("am", 0),
        r"esta tarde": ("pm", 0),
        r"esta noche": ("eve", 0),
        r"(?<!pasado )manana (?:por|en|a) la manana|(?<!pasado )manana temprano": ("am", 1),
        r"(?<!pasado )manana tarde": ("pm", 1),
        r"(?<!pasado )manana noche": ("eve", 1),
        r"hoy tarde": ("pm", 0),
    },
    of_the_day=r"por la",
    greetings=r"buen(?:os|as)? (?:dias?|tardes?|noches?)",
    half={"media": 30, "cuarto": 15, "un cuarto": 15},
    clock_words={
        r"(?:a |al |de |del |sobre el |hacia el )?medio ?dia": 720,
        r"(?:a |de |a la )?media ?noche": 1440,
    },
    forms=(
        r"(?P<h>\d\d?)\s?[:]\s?(?P<m>\d\d)(?!\d)(?:\s?(?P<ap>AP)|\s?(?:h|hs|hrs|horas)(?![a-z]))?",
        r"(?P<h>\d\d?)[.,](?P<m>\d\d)\s?(?:h|hs|hrs|horas)(?![a-z])",
        r"(?P<h>\d\d?)\s?(?:h|hs|hrs)(?:\s?(?P<m>\d\d))?(?![a-z\d])",
        r"(?P<h>\d\d?)(?:[.:](?P<m>\d\d))?\s?(?P<ap>AP)",
    ),
    bare=(
        r"(?P<h>\d\d?)[.:,](?P<m>[0-5]\d)(?!\d)(?: horas)?",
        r"(?P<h>H) y (?P<m>media|(?:un )?cuarto|N)(?! minutos)(?: minutos)?",
        r"(?P<h>H) menos (?P<less>(?:un )?cuarto|N)",
        r"(?P<h>\d\d?) (?P<m>[0-5]\d)(?!\d)",
        r"(?P<h>H) (?P<m>treinta|quince|cuarenta y cinco)",
        r"(?P<h>H)(?: en punto| horas(?! y))?",
    ),
    at=r"(?:a las?|las?|para las?|sobre las?|hacia las?|a eso de las?|alrededor de las?|tipo|@|a ls)\s+(?:las?\s)?",
    after=r"(?:despues de las?|a partir de las?|desde las?|pasadas las?|de las?(?= [\w:. ]{1,25} en adelante)|"
    r"(?:despues|a partir)(?= del medio))\s+",
    before=r"(?:antes de las?|hasta las?|(?:antes|hasta)(?= (?:del|el) medio))\s+",
    range_open=r"(?:entre las?|desde las?|de las?|de|entre)\s+",
    range_sep=r"\s*(?:y las?|a las?|hasta las?|y|a|-)\s*",
    cautious=r"las?\b",
    near_days=r"(?:hoy|manana|pasado manana)",
    follow=r"de|del|y|o|en|el|por|para|hoy|manana|si|gracias|este|esta|con|pero|mejor|va|esta bien",
    units=r"horas?|min(?:utos?)?|dias?|semanas?|mes(?:es)?|anos?|personas?|veces|euros?|por ciento|km|lecciones|fotos?|"
    r"tiendas|empleados|hij[oa]s|cosas|clientes|preguntas|otras|mis|sus|publicaciones|estrellas",
    or_words=r"o|u|y|e",
    not_before=r"no (?:el|los)|(?:ni|tampoco)(?: el| los)?|(?:no sea|excepto|menos)(?: el| los)?",
    not_after=r"no(?! (?:hay|importa|pasa nada|te|os|le))",
    next_=r"(?<!semana )(?:el )?(?:proximo|proxima|siguiente)\s+",
    next_after=r"\s+(?:que viene|proximo|proxima|siguiente|q viene)",
    this_=r"(?:este|esta)\s+",
    last_=r"(?:el )?(?:pasado|ultimo(?! \w+ del? ))\s+",
    last_after=r"\s+(?:pasado|pasada|ultimo)",
    next_week=r"(?:de |en )?(?:la )?(?:semana que viene|semana proxima|proxima semana|semana siguiente|semana q viene)",
    weeks_later=r"\s+(?:dentro de|en) (?P<n>una|dos|tres|\d) semanas?",
    a_week_on=r"(?!)",
    day_range_open=r"(?:de|del|desde el|entre el|entre|desde)\s+",
    day_range_sep=r"\s*(?:a|al|y|y el|hasta el|hasta|-)\s*",
    weekend=r"(?:fin(?:es)? de semana|finde|findes)",
    day_of_month=r"(?:el |el dia |dia |para el )(?P<n>\d\d?)(?!\d|\s?%|[./:,-]\d| de (?!este mes)|\s?euros?)",
    until_day=r"hasta\s+(?:el )?",
    before_day=r"antes del?\s+(?:el )?",
    after_day=r"despues del?\s+(?:el )?",
    from_day=r"(?:a partir del?|desde)\s+(?:el )?",
    in_=r"(?:dentro de|en|de aqui a)(?: unos| unas)?\s+",
    from_now=r"(?!)",
    minutes_unit=r"(?:minutos?|min)",
    hours_unit=r"(?:horas?|horita|h)",
    days_unit=r"dias?",
    weeks_unit=r"semanas?",
    half_hour=r"(?:media hora|media horita)",
    hour_and_half=r"(?:una hora y media|hora y media|1 hora y media)",
    and_half=r" y media",
    quarter_hour=r"(?:(?P<n>un|tres) )?cuartos? de hora",
    fortnight=r"(?:quince|15) dias",
    months="enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre "
    "ene feb mar abr may jun jul ago sept sep oct nov dic",
    ordinals=r"(?:primer|primero|segundo|tercer|cuarto|ultimo)",
    weak=frozenset(
        {"mar", "mayo", "sab", "dom", "vie", "jue", "mie", "lun", "momento", "un momento", "segundo", "un segundo"}
        | {"noche", "verano", "invierno", "otono", "primavera", "primero", "dia", "ano", "mes", "pasado", "sep", "set"}
        | {"ya"}
    ),
    spelling={
        "manana": "mañana",
        "miercoles": "miércoles",
        "sabado": "sábado",
        "proximo": "próximo",
        "proxima": "próxima",
        "dia": "día",
        "dias": "días",
        "ano": "año",
        "anos": "años",
        "despues": "después",
        "setiembre": "septiembre",
        "q": "que",
    },
)
