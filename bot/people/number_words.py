"""Numbers written out, from ten to a hundred and nineteen: "achtundfünfzig", "cincuenta y ocho"."""

from collections.abc import Iterator

from bot.people.spelling import fold, in_ascii_german

_UNDER_TWENTY = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
    "quindici sedici diciassette diciotto diciannove",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn "
    "sechzehn siebzehn achtzehn neunzehn",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciséis diecisiete dieciocho diecinueve",
}
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
}
_HUNDRED = {
    "en": ("a hundred", "one hundred", "a hundred and", "one hundred and"),
    "it": ("cento",),
    "de": ("hundert", "einhundert", "hundertund"),
    "es": ("cien", "ciento"),
}
_TWENTIES_ES = "veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"


def numbers_in(language: str) -> dict[str, int]:
    """Every way to write 0 to 119 in this language, folded (see :func:`bot.people.spelling.fold`)."""
    below = dict(_below_hundred(language))
    everything = dict(below)
    for hundred in _HUNDRED[language]:
        everything[hundred] = 100
        for word, number in below.items():
            if 0 < number < 20:
                everything[f"{hundred} {word}"] = everything[f"{hundred}{word}"] = 100 + number
    return {fold(form): n for word, n in everything.items() for form in (word, in_ascii_german(word))}


def _below_hundred(language: str) -> Iterator[tuple[str, int]]:
    units = _UNDER_TWENTY[language].split()
    yield from zip(units, range(20), strict=True)
    for tens, ten in zip(range(20, 100, 10), _TENS[language].split(), strict=True):
        yield ten, tens
        for unit in range(1, 10):
            for word in _joined(language, ten, units[unit], unit):
                yield word, tens + unit
    if language == "es":
        yield from zip(_TWENTIES_ES.split(), range(21, 30), strict=True)
        yield "veintiún", 21


def _joined(language: str, ten: str, unit: str, value: int) -> tuple[str, ...]:
    if language == "it":
        return (f"{ten[:-1] if value in (1, 8) else ten}{unit}", f"{ten} {unit}")
    if language == "de":
        first = "ein" if value == 1 else unit
        return (f"{first}und{ten}", f"{first} und {ten}")
    if language == "es":
        return (f"{ten} y {unit}", f"{ten} i {unit}", f"{ten}y{unit}", f"{ten} y un" if value == 1 else "")
    return (f"{ten} {unit}", f"{ten}{unit}")
