"""The words of time in German."""

from bot.words.times.vocabulary.base import Vocabulary, counted

_NUMBERS = counted(
    "null ein|eins|einer|einem|einen|eine zwei|zwo drei vier funf sechs sieben acht neun zehn elf zwolf"
    " dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn zwanzig einundzwanzig zweiundzwanzig"
    " dreiundzwanzig vierundzwanzig funfundzwanzig sechsundzwanzig siebenundzwanzig achtundzwanzig"
    " neunundzwanzig dreissig einunddreissig"
)


def _umlauts(numbers: dict[str, int]) -> dict[str, int]:
    """German numbers also as `fuenf`, `zwoelf`, `dreisig`."""
    more = dict(numbers)
    for word, number in numbers.items():
        for plain, typed in (("funf", "fuenf"), ("zwolf", "zwoelf"), ("dreissig", "dreisig")):
            more[word.replace(plain, typed)] = number
    return more


_TAG = "(?:tags?|tg|tga|atg)"  # as it is typed in a hurry

GERMAN = Vocabulary(
    numbers=_umlauts(
        {
            **_NUMBERS,
            "funfunddreissig": 35,
            "vierzig": 40,
            "funfundvierzig": 45,
            "funfzig": 50,
            "funfundfunfzig": 55,
        }
    ),
    weekdays=(
        f"mon{_TAG}",
        f"di(?:e?n?s|en){_TAG}|diens",
        "mitt?wo?chs?|mittowch",
        f"don+e?r?s?{_TAG}|donn",
        f"fr(?:ei?|ie?){_TAG}",
        f"sam?s?{_TAG}|sonn?abends?",
        f"sonn?{_TAG}",
    ),
    short=("mo", "di", "mi", "do", "fr", "sa", "so"),
    short_after=r"(?:am|an|na?e?chste[rn]?|kommenden|diesen|bis|ab|jeden)\s+",
    parts={
        r"(?:am |jeden )?(?:fruhen |spaten )?(?:vormitt?age?s?)": "am",
        r"(?:am |jeden )fru?e?hen morgen|(?:am |jeden )morgen|morgens|(?:in der )?fru?e?h(?=\s*(?:um|gegen|ab|\d|$))|"
        r"fru?e?hmorgens|(?:(?<=tag )|(?<=tag)|(?<=woch ))(?:morgen|fru?e?h)": "am",
        r"(?:am |jeden )?(?:fru?e?hen |spa?e?ten )?(?:nachmitt?age?s?)": "pm",
        r"nach dem (?:mittag)?essen": "pm",
        r"(?:am |zu |jeden )?mittage?s?|(?:in der )?mittagspause": "noon",
        r"(?:am |jeden )?(?:fru?e?hen |spa?e?ten )?abende?s?": "eve",
        r"(?:in der )?nachts?": "night",
    },
    day_parts={
        r"heute? morgen|heute? fru?e?h|heute? vormitt?ag": ("am", 0),
        r"heute? mittag": ("noon", 0),
        r"heute? nachmitt?ag": ("pm", 0),
        r"heute? abend": ("eve", 0),
        r"heute? nacht": ("night", 0),
        r"morgen fru?e?h|morgen vormitt?ag": ("am", 1),
        r"morgen mittag": ("noon", 1),
        r"morgen nachmitt?ag": ("pm", 1),
        r"morgen abend": ("eve", 1),
        r"u?e?bermorgen fru?e?h": ("am", 2),
    },
    greetings=r"guten? (?:morgen|tag|abend|nacht)|gute nacht|mahlzeit|"
    r"schoe?ne[nrs]? (?:tag|(?:vormit|nachmit)tag|(?:feier|sonn)?abend|wochenende|woche|mittwoch|"
    r"(?:mon|diens|donners|frei|sams|sonn)tag)",
    half={"viertel": 15, "dreiviertel": 45},
    clock_words={
        r"(?:um )?mitternacht": 1440,
    },
    forms=(
        r"(?P<h>\d\d?)[:](?P<m>\d\d)(?!\d)(?:\s?(?:uhr|h))?",
        r"(?P<h>\d\d?)[.,](?P<m>\d\d)\s?(?:uhr|h)(?![a-z])",
        r"(?P<h>H)\s?uhr(?:\s(?P<m>(?:[0-5]\d)(?![.:\d])|N2))?(?![a-z])",
        r"(?P<h>\d\d?)\s?h(?:\s?(?P<m>\d\d))?(?![a-z\d])",
        r"(?P<less>viertel|N(?: ?min(?:uten)?)?) vor (?P<halb>halb )(?P<h>H)",
        r"(?P<m>viertel|N(?: ?min(?:uten)?)?) nach (?P<halb>halb )(?P<h>H)",
        r"(?P<less>viertel|N(?: ?min(?:uten)?)?) vor (?P<h>H)(?:\s?uhr)?",
        r"(?P<m>viertel|N(?: ?min(?:uten)?)?) nach (?P<h>H)(?:\s?uhr)?",
        r"(?P<back>halb|viertel|dreiviertel|drei viertel|3/4) (?P<h>H)(?:\s?uhr)?",
        r"(?P<h>\d\d?)(?:[.:](?P<m>\d\d))?\s?(?P<ap>pm|p\.m\.|a\.m\.)",
    ),
    bare=(
        r"(?P<h>\d\d?)[.:](?P<m>[0-5]\d)(?!\d|\.)",
        r"(?P<h>\d\d?) (?P<m>[0-5]\d)(?!\d)",
        r"(?P<h>H)",
    ),
    at=r"(?:um|gegen|so um|so gegen|ca\.?|circa|ungefa?e?hr um|etwa um|punkt|@)(?: ca\.?| circa| etwa| punkt)?\s*",
    after=r"(?:(?<!nicht )nach|ab|nicht vor|fru?e?hestens um|fru?e?hestens ab|erst ab|erst um)\s+",
    before=r"(?:(?<!nicht )vor|(?<! \d )(?<! \d\d )bis|nicht (?:nach|spa?e?ter als)|"
    r"spa?e?testens um|bis spa?e?testens)\s+",
    range_open=r"(?:zwischen|von|ab)\s+",
    range_sep=r"\s*(?:und|bis|-)\s*",
    cautious=r"(?!um\b|so um|punkt|spa?e?testens|fru?e?hestens|erst)",
    near_days=r"(?:heute?|morgen|u?e?bermorgen)",
    follow=r"am|im|und|oder|in|heute|morgen|wenn|bitte|danke|passt|ist|geht|wa?e?re|rum|herum|mit|fu?e?r|aber|auch|na?e?chste[nr]?|kommenden|diesen|jeden|den|uhr",
    units=r"kilo|kg|gramm|liter|meter|stock|stockwerk|etage|og|klasse|reihe|stunden?|std|min(?:uten?)?|tage?n?|wochen?|monate?n?|jahre?n?|leuten?|personen|mal|euro|prozent|km|lektionen|"
    r"beitra?e?ge|la?e?den|mitarbeiter|kinder|fotos?|bilder|uhr und|teile[rn]?|ecken|sterne",
    or_words=r"oder|und|sonst|bzw",
    not_before=r"(?:nicht|weder(?: [\w ]+ noch)?|au[s]{1,2}er|nur nicht|kein|(?:an)?statt)(?: am)?",
    not_after=r"(?:(?:geht|kann|passt|klappt) (?:(?:es|ich|mir|bei mir|aber|leider) )*)?"
    r"nicht(?! (?:vor|nach|ab|spa?e?ter))",
    from_today=("heute?", "morgen", "u?e?bermorgen"),
    next_=r"(?:am )?(?:na?e?chste[nrms]?|kommende[nrms]?)\s+",
    next_after=r"(?!)",
    this_=r"(?:am )?(?:diese[nrms]?)\s+",
    last_=r"(?:am )?(?:letzte[nrms]?(?! \w+ (?:im|in|des) )|vergangene[nrms]?|vorige[nrms]?)\s+",
    last_after=r"(?!)",
    next_week=r"(?:in der |der )?(?:na?e?chste[rn]?|kommende[rn]?) woche|na?e?chsten? wo\b",
    weeks_later=r"\s+in (?:(?P<n>einer|zwei|drei|\d) wochen?|(?P<fortnight>14|vierzehn) tagen?)",
    a_week_on=r"(?:am )?u?e?berna?e?chste[nrms]?\s+",
    day_range_open=r"(?:von|vom|zwischen)\s+",
    day_range_sep=r"\s*(?:bis|und|-)\s*",
    weekend=r"(?:wochenenden?|we(?=\s*$))",
    day_of_month=r"(?:am |den |der |zum )(?P<n>\d\d?)\.(?!\d|\s?%)(?=\s|$|[,;!?])|(?:am |den )(?P<n2>\d\d?)ten"
    r"|\A(?P<n3>\d\d?)\.\s*\Z",
    until_day=r"(?:nicht (?:nach(?: dem)?|spa?e?ter als)|bis(?: zum| spa?e?testens)?|spa?e?testens(?: bis| am)?)\s+",
    before_day=r"(?<!nicht )vor(?: dem)?\s+",
    after_day=r"(?<!nicht )nach(?: dem)?\s+",
    from_day=r"(?:ab|nicht vor)(?: dem)?\s+",
    in_=r"(?:in|binnen)(?: etwa| ca\.?| circa| ungefa?e?hr)?\s+",
    from_now=r"(?!)",
    minutes_unit=r"(?:min(?:ute[n]?)?)",
    hours_unit=r"(?:stunden?|std|h)",
    days_unit=r"tage?n?",
    weeks_unit=r"wochen?",
    half_hour=r"(?:einer |ner |1 )?halben? stunde",
    hour_and_half=r"(?:anderthalb|eineinhalb|1[.,]5|1 ?1/2) (?:stunden|std)",
    and_half=r"einhalb",
    quarter_hour=r"(?:einer |ner )?(?:(?P<n>drei) ?)?viertel ?stunde",
    fortnight=r"(?!)",
    months="januar janner jaenner februar marz maerz april mai juni juli august september oktober november dezember "
    "jan feb mrz apr jun jul aug sept sep okt nov dez",
    ordinals=r"(?:erste[rn]?|zweite[rn]?|dritte[rn]?|vierte[rn]?|letzte[rn]?)",
    weak=frozenset(
        {"mo", "di", "mi", "do", "fr", "sa", "so", "sommer", "winter", "herbst", "mai", "morgens"}
        | {"sekunde", "eine sekunde", "moment", "der erste", "erste", "zweite", "tag", "der tag", "den tag", "jahr"}
        | {"fruhling", "frühling", "zeit"}
    ),
    spelling={
        "ubermorgen": "übermorgen",
        "uebermorgen": "übermorgen",
        "nachste": "nächste",
        "nachsten": "nächsten",
        "nachster": "nächster",
        "nachstes": "nächstes",
        "naechste": "nächste",
        "naechsten": "nächsten",
        "naechster": "nächster",
        "naechstes": "nächstes",
        "ubernachste": "übernächste",
        "uebernaechste": "übernächste",
        "marz": "märz",
        "maerz": "märz",
        "mrz": "märz",
        "funf": "fünf",
        "fuenf": "fünf",
        "zwolf": "zwölf",
        "zwoelf": "zwölf",
        "heiligabend": "24. dezember",
        "heilig abend": "24. dezember",
        "vom": "",  # "vom 10. bis 12. März" would begin in February
        "heut": "heute",
        "silvester": "31. dezember",
        "jaenner": "januar",
        "janner": "januar",
        "fur": "für",
        "fuer": "für",
    },
)
