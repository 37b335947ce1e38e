"""The words of time in English."""

from bot.words.times.vocabulary.base import Vocabulary, any_of, counted

_NUMBERS = counted(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty"
)

_MONTHS = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sept sep oct nov dec"
)

ENGLISH = Vocabulary(
    numbers={
        **_NUMBERS,
        **{f"twenty {w}": 20 + n for w, n in _NUMBERS.items() if 1 <= n <= 9},
        "thirty": 30,
        "thirty one": 31,
        "thirty five": 35,
        "forty": 40,
        "forty five": 45,
        "fifty": 50,
        "fifty five": 55,
        "a": 1,
        "an": 1,
        "a couple of": 2,
    },
    weekdays=(
        "mondays?",
        "tuesdays?|tues|tue|teusday|tuseday",
        "wednesdays?|weds|wensday|wendsday|wednsday|wednseday",
        "thursdays?|thurs|thur|thu|thrusday|thursady",
        "fridays?|fri|firday",
        "saturdays?|saterday|satruday|saturady",
        "sundays?",
    ),
    short=("mon", "", "wed", "", "", "sat", "sun"),
    short_after=r"(?:on|this|next|last|every|by|until|before|after|coming)\s+",
    parts={
        r"(?:in the |of the |early |late |first thing in the )*mornings?": "am",
        r"(?:in the |of the |early |late )*afternoons?": "pm",
        r"(?:in the |of the |early |late )*evenings?": "eve",
        r"(?<!christmas )(?<!xmas )(?<!years )(?<!year's )eve(?! of)": "eve",
        r"(?:at |in the |late )*nights?": "night",
        r"first thing(?= (?:on )?(?:mon|tue|wed|thu|fri|sat|sun|tomorrow))": "am",
        r"after lunch": "pm",
        r"(?:at |around |over )?lunch ?time": "noon",
    },
    day_parts={
        r"this morning": ("am", 0),
        r"this (?:late |early )?afternoon": ("pm", 0),
        r"this evening|tonight|tonite|2nite|2night": ("eve", 0),
    },
    greetings=r"good (?:morning|afternoon|evening|night|day)",
    half={"half": 30, "a quarter": 15, "quarter": 15, "thirty": 30, "fifteen": 15, "oh five": 5},
    clock_words={
        r"noon|mid-?day|12 noon": 720,
        r"mid-?night": 1440,
    },
    forms=(
        r"(?P<h>\d\d?)\s?[:h]\s?(?P<m>\d\d)(?!\d)(?:\s?(?P<ap>AP))?",
        r"(?P<h>\d\d?)[. ](?P<m>\d\d)\s?(?P<ap>AP)",
        r"(?P<h>H)\s?o'?\s?clock(?:\s(?P<ap>AP))?",
        r"(?P<m>half|(?:a )?quarter|N(?: ?min(?:ute)?s?)?) (?:past|after) (?P<h>H)(?:\s?(?P<ap>AP))?",
        r"(?P<m>half) (?P<h>H)(?:\s?(?P<ap>AP))?(?! (?:hours?|days?|of))",
        r"(?P<less>(?:a )?quarter|five|ten|twenty(?:[ -]five)?|\d\d? ?min(?:ute)?s?) (?:to|before|til) (?P<h>H)"
        r"(?:\s?(?P<ap>AP))?",
        r"(?P<less>2[05]) to (?P<h>\d|1[0-2])(?:\s?(?P<ap>AP))?",
        r"(?P<h>H)\s?(?P<ap>AP)",
        r"(?P<h>\d\d?)\s?h(?![a-z\d])",
        r"(?P<h>\d\d?)(?:ish|-ish)",
    ),
    bare=(
        r"(?P<h>\d\d?)[.: ](?P<m>[0-5]\d)(?!\d)",
        r"(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?:\s?(?:hrs|hours|h))?",
        r"(?P<h>H) (?P<m>thirty|fifteen|forty[ -]five|ten|twenty|forty|fifty)",
        r"(?P<h>H)(?:[ -]?ish)?(?: sharp)?",
    ),
    at=r"(?:at|@|around|about|arund|approx\.?|roughly|for|make it)(?: about| around)?\s*",
    after=r"(?:any ?time )?(?:after|from|since|not before|(?:not|no) earlier than)\s+",
    before=r"(?:any ?time )?(?:before|by|until|till|(?:not|no) later than|not after|up to)\s+",
    range_open=r"(?:between|from|btw|btwn|free|available)\s+",
    range_sep=r"\s*(?:and|to|until|till|-)\s*",
    cautious=r"(?!at\b|@)",
    near_days=r"(?:today|tomorrow|tmrw|tmr|tomoz|tomorow|tommorow|tonight)",
    from_today=("today", "(?<!after )(?:tomorrow|tmrw|tomorow|tommorow)", "(?:the )?day after tomorrow"),
    on_day=r"\s*,?\s+(?:on\s+)?",
    follow=r"on|and|or|in|for|at|to|today|tomorrow|tmrw|if|please|pls|then|would|works|is|next|this|with|instead|but|the|onwards?",
    units=r"hours?|hrs?|min(?:ute)?s?|days?|weeks?|months?|years?|people|persons?|times?|points?|floors?|pounds?|euros?|quid|percent|km|miles?|lessons?|posts?|"
    r"(?<=\d )(?<![:.]\d\d )(?!(?:on|in|at|by|near|outside|off|and|to|from) )"
    r"(?:[a-z]+ ){1,2}(?:road|rd|street|avenue|lane)|shops?|employees|"
    r"photos?|pictures|kids|children|different|of|other|more|stars?",
    or_words=r"or|and|otherwise|else",
    not_before=r"(?:not|neither|nor|except|but not|can't do|cannot do|cant do|can't|can't make|cant make)(?: on)?",
    not_after=r"(?:is no good|doesn't work|does not work|is bad|won't work)",
    next_=r"(?:next|nxt|coming)\s+",
    next_after=r"(?!)",
    this_=r"this(?: coming)?\s+",
    last_=rf"(?:last|past)\s+(?!\w+ (?:of|in) (?:(?:the|this|next) month|{any_of(_MONTHS.split())})(?!\w))",
    last_after=r"(?!)",
    next_week=r"(?:of |in )?(?:the )?(?:next|following|coming) week|(?:the )?week after",
    weeks_later=r"\s+week(?! (?:after|next))"
    r"|\s+in (?P<n_later>an?|one|two|three|\d) (?:weeks?|wks?)(?:'s?)?(?: time)?(?!\w)",
    a_week_on=r"(?:a|(?P<n>one|two|three|\d)) weeks? (?:on|from|this)\s+",
    day_range_open=r"(?:between|from)\s+",
    day_range_sep=r"\s*(?:and|to|until|till|through|-)\s*",
    weekend=r"week-?\s?ends?",
    day_of_month=r"(?:on |for )?(?:the )?(?P<n>\d\d?)(?:st|nd|rd|th)"
    r"(?! (?!at|in|from|between|or|and|works?|is|would|for|after|before|around"
    r"|to|until|till|through|if|suits|ok|please|then|of th)[a-z])"
    r"(?: of (?:this|the) month)?|\bon the (?P<n2>\d\d?)(?!\d|[./:]\d)",
    until_day=r"(?:by|until|till|up to|(?:not|no) later than|not after)\s+(?:the )?",
    before_day=r"(?<!not )before\s+(?:the )?",
    after_day=r"after\s+(?:the )?",
    from_day=r"(?:from|since|starting|not before|(?:not|no) earlier than)\s+(?:the )?",
    in_=r"(?:in|within)(?: about| around)?\s+",
    from_now=r"\s+(?:from now|from today|time)",
    minutes_unit=r"min(?:ute)?s?",
    hours_unit=r"(?:hours?|hrs?|h)",
    days_unit=r"days?(?:'|s'| time)?",
    weeks_unit=r"(?:weeks?|wks?)(?:'s|'| time)*(?: time)?",
    half_hour=r"half (?:an |a )?hour",
    hour_and_half=r"(?:an|one|1) hour and a half",
    and_half=r" and a half",
    quarter_hour=r"(?:a )?quarter of an hour",
    fortnight=r"(?:a )?fortnight(?:'s)?(?: time)?",
    months=_MONTHS,
    ordinals=r"(?:1st|2nd|3rd|4th|first|second|third|fourth|last)",
    weak=frozenset(
        {"may", "march", "sat", "sun", "fall", "spring", "second", "a second", "the second", "mon", "wed"}
        | {"winter", "summer", "a minute", "the end", "mar", "jan", "will", "then", "the day", "a day"}
        | {
            "as soon as possible",
            "asap",
            "the past",
            "past",
            "once",
            "a moment",
            "moment",
            "day",
            "the time",
            "first",
            "the first",
            "the week",
            "24/7",
            "last minute",
        }
    ),
    spelling={
        "tmrw": "tomorrow",
        "tmr": "tomorrow",
        "tomoz": "tomorrow",
        "tomorow": "tomorrow",
        "tommorow": "tomorrow",
        "tommorrow": "tomorrow",
        "2moro": "tomorrow",
        "2morrow": "tomorrow",
        "tday": "today",
        "nxt": "next",
        "a week today": "a week from today",
        "a week tomorrow": "a week from tomorrow",
        "tomorrow week": "a week from tomorrow",
        "week after next": "week after next week",
        "wk": "week",
    },
)
