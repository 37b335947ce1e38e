"""The words of time in Italian."""

from bot.words.times.vocabulary.base import Vocabulary, counted

_NUMBERS = counted(
    "zero un|uno|una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici"
    " quindici sedici diciassette diciotto diciannove venti ventuno ventidue ventitre ventiquattro"
    " venticinque ventisei ventisette ventotto ventinove trenta trentuno"
)

ITALIAN = Vocabulary(
    numbers={
        **_NUMBERS,
        "un paio di": 2,
        "un paio d": 2,
        "trentacinque": 35,
        "quaranta": 40,
        "quarantacinque": 45,
        "cinquanta": 50,
        "cinquantacinque": 55,
    },
    weekdays=(
        "lunedi'?",
        "martedi'?",
        "mercoledi'?|mercoldi",
        "giovedi'?",
        "venerdi'?",
        "sabat[oi]",
        "domeni(?:ca|che)",
    ),
    short=("lun", "mart?", "merc?", "giov?", "ven", "sab", "dom"),
    short_after=r"(?:questo|prossim[oa]|entro|da|ogni|di)\s+",
    parts={
        r"(?:di |la |in |al |del |della |nella |nel |ogni |per la |per il )?(?:prima )?mattin(?:ata|[aoe])": "am",
        r"(?:di |il |in |al |del |nel |ogni |per il |tardo |primo )*pomeriggio": "pm",
        r"(?:di |la |in |alla |della |nella |ogni |per la )?(?:sera|serata)": "eve",
        r"(?:di |la |della |nella )?notte": "night",
        r"dopo (?:pranzo|mangiato)": "pm",
        r"(?:a |all'|per )?(?:ora di |pausa )?pranzo": "noon",
    },
    day_parts={
        r"stamattina|stamani|stamane|questa mattina": ("am", 0),
        r"questo pomeriggio": ("pm", 0),
        r"stasera|questa sera|sta sera": ("eve", 0),
        r"stanotte|questa notte": ("night", 0),
        r"domattina|(?<!dopo )domani mattina": ("am", 1),
    },
    greetings=r"buon ?giorno|buona ?sera|buon ?pomeriggio|buona ?notte|buona ?giornata|buona ?serata",
    half={"mezza": 30, "mezzo": 30, "un quarto": 15, "tre quarti": 45},
    clock_words={
        r"(?:a |di |verso |per )?mezzo ?giorno e tre quarti": 765,
        r"(?:a |di |verso |per )?mezzo ?giorno e mezz[oa]": 750,
        r"(?:a |di |verso |per )?mezzo ?giorno e un quarto": 735,
        r"(?:a |di |verso |per )?mezzo ?giorno meno un quarto": 705,
        r"(?:a |di |verso |per )?mezzo ?giorno": 720,
        r"(?:a |di |verso |per )?mezza ?notte e mezz[oa]": 1470,
        r"(?:a |di |verso |per )?mezza ?notte e un quarto": 1455,
        r"(?:a |di |verso |per )?mezza ?notte meno un quarto": 1425,
        r"(?:a |di |verso |per )?mezza ?notte": 1440,
    },
    forms=(
        r"(?P<h>\d\d?)\s?[:]\s?(?P<m>\d\d)(?!\d)",
        r"(?:alle |per le |dalle )?(?:ore|h|hh)\.?\s?(?P<h>\d\d?)[:.,](?P<m>\d\d)(?!\d)",
        r"(?:alle |per le |dalle )?(?:ore|h|hh)\.?\s?(?P<h>H)(?: e (?P<m>mezz[ao]|(?:un|tre) quart[oi]|N))?(?!\d)",
        r"(?P<h>\d\d?)\s?h(?:\s?(?P<m>\d\d))?(?![a-z\d])",
        r"(?P<h>\d\d?)(?:[.:](?P<m>\d\d))?\s?(?P<ap>AP)",
    ),
    bare=(
        r"(?P<h>\d\d?)[.:,](?P<m>[0-5]\d)(?!\d)",
        r"(?P<h>H) e (?P<m>mezz[ao]|un quarto|tre quarti|N)(?! minuti)(?: minuti)?",
        r"(?P<h>H) meno (?P<less>un quarto|N)",
        r"(?P<h>\d\d?) (?P<m>[0-5]\d)(?!\d)",
        r"(?P<h>H)(?: in punto)?",
    ),
    at=r"(?:(?:alle|per le|verso le|intorno alle|attorno alle|circa alle|sulle)\s*(?:ore\s)?|le\s"
    r"|(?:per |verso )?l'(?=una)|(?:all|intorno all|sull)'\s?(?=una))",
    after=r"(?:dopo le|dopo l'|dopo(?= mezz)|dalle|dall'|a partire dalle|a partire dall')\s*(?:ore\s)?",
    before=r"(?:prima delle|prima dell'|entro le|entro l'|fino alle|fino all'|(?:prima di|entro|fino a)(?= mezz))"
    r"\s*(?:ore\s)?",
    range_open=r"(?:(?:tra|fra)\s+(?:le\s|l')?|dalle\s|dall')\s*(?:ore\s)?",
    range_sep=r"\s*(?:e le|alle|e l'|all'|fino alle|-|e|a)\s*",
    cautious=r"le\b",
    from_today=("oggi", "(?<!dopo )domani", "dopo ?domani"),
    near_days=r"(?:oggi|domani|dopodomani|stasera|domattina)",
    follow=r"di|del|della|e|o|oppure|in|al|per|oggi|domani|se|va|vanno|grazie|circa|nel|ma|invece|con|il",
    units=r"or[ae]|min(?:uti?)?|giorn[oi]|settiman[ae]|mes[ei]|ann[oi]|person[ae]|volt[ae]|euro|percento|km|lezion[ei]|foto|"
    r"g|gb|post|negozi|dipendenti|figli[eo]?|cose|domande|ragazz[eio]|signore|clienti|altre|mie|sue|stelle",
    or_words=r"o|oppure|e|ed",
    not_before=r"(?:(?<!perche )non|ne|neanche|nemmeno|neppure|tranne)(?: (?:il|di|la))?|no (?:il|di|la)",
    not_after=r"(?:no(?! problem)(?!\s*\?)|non posso|non va|non riesco)",
    next_=r"(?:(?<!settimana )prossim[oa]|il prossimo|la prossima)\s+",
    next_after=r"\s+(?:prossim[oa]|che viene|venturo)",
    this_=r"(?:questo|questa)\s+",
    last_=r"(?:scors[oa])\s+",
    last_after=r"\s+(?:scors[oa]|passat[oa])",
    next_week=r"(?:del|di|nel)?l?a? ?(?:settimana prossima|prossima settimana|settimana che viene)",
    weeks_later=r"\s+(?:tra|fra) (?P<n>una|due|tre) settiman[ae]",
    a_week_on=r"(?!)",
    day_range_open=r"(?:da|dal|tra|fra|dalla)\s+",
    day_range_sep=r"\s*(?:a|al|e|fino a|alla|-)\s*",
    weekend=r"(?:fine ?settimana|week-?\s?end|wk end)",
    day_of_month=r"(?:il |per il |giorno |il giorno )(?P<n>\d\d?)(?!\d|\s?%|[./:,-]\d|\s?euro)|l'(?P<n2>8|11)(?!\d)",
    until_day=r"(?:entro|fino a|fino al|non oltre)\s*(?:il )?",
    before_day=r"prima (?:di|del|della)\s+",
    after_day=r"dopo(?: il)?\s+",
    from_day=r"(?:a partire )?(?:da|dal)\s+",
    in_=r"(?:tra|fra|in|entro)(?: circa)?\s*",
    from_now=r"(?!)",
    minutes_unit=r"(?:minut[oi]|min)",
    hours_unit=r"(?:or[ae]|oretta|h)",
    days_unit=r"(?:giorn[oi]|gg)",
    weeks_unit=r"settiman[ae]",
    half_hour=r"(?:mezz'?\s?or(?:a|etta)|una mezz'?\s?or(?:a|etta))",
    hour_and_half=r"(?:un'?\s?ora|1 ora|un'oretta) e mezz[ao]",
    and_half=r" e mezz[ao]",
    quarter_hour=r"un quarto d'ora",
    fortnight=r"(?!)",
    months="gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre "
    "gen feb mar apr mag giu lug ago set sett ott nov dic",
    ordinals=r"(?:primo|secondo|terzo|quarto|ultimo)",
    weak=frozenset(
        {"mar", "mer", "ora", "momento", "il momento", "sera", "set", "mag", "dom", "sab", "ven", "lun", "gio"}
        | {"secondo", "un secondo", "un attimo", "un momento", "estate", "inverno", "autunno", "primavera", "ott"}
        | {"primo", "il primo", "la prima", "passato", "al momento", "giorno", "il giorno", "anno", "mese"}
    ),
    spelling={
        "piu": "più",
        "dopo domani": "dopodomani",
        "sett": "settembre",
        "prox": "prossima",
    },
)
