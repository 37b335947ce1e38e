"""Which of the four languages a message is in, and when to offer somebody another one.

>>> detect("vorrei spostare la lezione").language
'it'

Two witnesses, added up: py3langid's pieces of words, and the small words of the table below. A prior (what Telegram
says, what this person used before) decides where they are not sure. The first call reads py3langid's model (half a
second, 55 MB); :func:`load` does that ahead of time, in a thread.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, isfinite, log
from typing import Any, cast

from bot.messages import LANGUAGES
from bot.people.spelling import fold

__all__ = ["Guess", "detect", "from_channel", "load", "wants_offer"]

LONGEST = 400  # characters that are read; who writes more has said enough by then
UNSURE = 0.35  # below this nothing can be said; four equal languages would have 0.25 each
LEAST_PRIOR = 0.01  # what a language has at least: a message may always be the first one in it

OFFER_WORDS, OFFER_SIGNS = 3, 2  # words that are no names; different ones among them that only the other language has
OFFER_FROM, WITHOUT_ONE = 0.98, 0.5  # the least probability of the whole, and without any one of its words
STAYS = 0.9  # the prior of the language somebody has chosen
SAYS_ENOUGH = 12  # words; in longer texts no single word decides

# Weights of the witnesses, in natural logarithms: least log loss on nlu/*.yml, with accents and without
PIECES, WORD, LETTER = 1.05, 2.7, 4.2
STRANGER = 2.0  # how much better (in py3langid's logarithms) a fifth language must fit to silence an offer
_FLOOR = 1e-30

# Languages people in these four countries also write; they are only asked for before an offer is made
_STRANGERS = ("fr", "pt", "nl", "ca", "ro", "pl", "tr", "sq", "hr", "cs", "hu", "sv", "da")

_LETTERS = {"it": re.compile("[àèìòù]"), "de": re.compile("[äöüß]"), "es": re.compile("[áíóúñ¿¡]")}
_TOKEN = re.compile(r"[^\W\d_]+(?:['’`´][^\W\d_]*)?")
_WORD_IN_SENTENCE = re.compile(rf"((?:^|[.!?:\n])[^\w]*)?({_TOKEN.pattern})")
_LATIN = re.compile(r"[A-Za-zªºÀ-ɏḀ-ỿ]")
_RUN = re.compile(r"(.)\1{2,}")
_APOSTROPHES = str.maketrans("’`´", "'''")

# Not the writer's own words: quotations, addresses, names of accounts, commands
_NOT_OWN = re.compile(
    r"\b\w+://\S+|\bwww\.\S+|\S{1,60}@\S+|[@#/]\w+|\b\S{1,60}\.(?:com|org|net|it|de|es|uk|eu|at|ch|info|pdf|jpg|png|docx?)\b"
    r"|“[^”]{1,200}”|„[^“”]{1,200}[“”]|«[^»]{1,200}»|»[^«]{1,200}«|\"[^\"]{1,200}\"|(?<!\w)'[^']{1,200}'(?!\w)",
    re.IGNORECASE,
)
# What people say in every language, and titles of everybody's songs and films
_EVERYWHERE = re.compile(
    r"\b(?:hasta la vista(?:,? baby)?|mamma mia|(?:la )?dolce vita|dolce far niente|(?:oh? )?sole mio|al dente|"
    r"la vita è bella|(?:la )?vida loca|mi casa es (?:tu|su) casa|mi amor|qu[eé] ser[aá],? ser[aá]|despacito|"
    r"una paloma blanca|no pasar[aá]n|la casa de papel|el ni[nñ]o|bella ciao|ti amo|(?:te quiero|te amo)|"
    r"auf wiedersehen|gute[nr]? (?:tag|morgen|abend|nacht|appetit)|vorsprung durch technik|das auto|ich liebe dich|"
    r"buon(?:a|e|os|as) (?:notte|sera|noches|d[ií]as|tardes)|muchas gracias|mille grazie|grazie mille|vielen dank|"
    r"thank you(?: (?:very|so) much)?|happy (?:birthday|new year|hour)|merry christmas|good (?:morning|night|luck)|"
    r"i love you|i love it|save the date|last but not least|best of|state of the art|work[ -]in[ -]progress|"
    r"do it yourself|to do list|to[ -]do|see you(?: (?:soon|later))?|nice to meet you|all inclusive|all you can eat|"
    r"on the road|made in \w+|(?:bed|b) ?(?:and|&|n) ?(?:breakfast|b)|up to date|step by step|one man show|"
    r"no problem|oh my god|what'?s ?app|let it be|we are the champions|game of thrones|link in bio|call to action|"
    r"click and collect|pay per click|word of mouth|how to|know how|just in time|out of office|is online|"
    r"follow me|like and share|swipe up|new in|coming soon|out of stock|on demand|off the record|face to face)\b",
    re.IGNORECASE,
)

# Words that names, titles, dishes and towns are made with: alone they are no sentence
_IN_NAMES = (
    "the of and to for at on by with a il lo la i gli le di da del dello della dei degli delle al allo alla ai "
    "agli alle in nel nella con e ed per der die das den dem des und von vom zu zum zur im am an bei el los las "
    "de y en para por un una uno ein eine town ciudad pueblo nuevo nueva grande nueve stadt"
)

WORDS = {
    "en": (
        "the a an and or but if because of to in on at for from with without by about into than then as is are am was "
        "were be been being do does did done don't doesn't didn't have has had haven't can can't could couldn't will "
        "won't would should shall may might must not no yes yeah yep yup nope nah ok okay i i'm i'd i've i'll im me "
        "my mine myself you your yours you're u ur he she it it's its we we're us our they them their there here this "
        "that these those that's what what's which who whom whose when where why how how's all any some many much "
        "more most less few very too so such only also just now today tomorrow yesterday morning afternoon evening "
        "night tonight week month year monday tuesday wednesday thursday friday saturday sunday hello hi hey hiya "
        "goodbye bye cheers thanks thank thx thanx please sorry sure right fine great good bad nice lovely well back "
        "go going gonna wanna want need like love know think see say tell show give get got make take come help let "
        "let's stop start change delete cancel again next last first one two three four five six seven eight nine ten "
        "old new another other something anything nothing someone anyone everyone everything live work working shop "
        "speak talk learn lesson lessons meet meeting time day people person really never always already still later "
        "soon before after until every out up off down over under name called welcome wait maybe perhaps ask mean "
        "wrong years town language it'll isn't aren't wasn't weren't rather quite bit lot things thing pass accept "
        "agree disagree excellent correct perfect decline undo exit quit german english italian spanish meant enough "
        "ya whatever join leave book cancelled available busy free sometimes often while having doing looking makes "
        "made took gave said told asked found though through across between against put keep send sent write wrote "
        "read use used using open close find try tried feel wish hope call move bring buy pay cost turn set won "
        "happened happen anyway both each same own sir madam bot hat die man hotel dove pure note due solo once super "
        "hand fast arm war rat her halt tag test team pause video tip serve state"
    ),
    "it": (
        "il lo la i gli le un uno una e ed o ma se perché che chi di del dello della dei degli delle d' da dal dalla "
        "dai a al allo alla ai agli alle in nel nello nella nei nelle su sul sulla con per tra fra senza l' un' c'è "
        "com'è dell' all' nell' sull' dall' quest' quell' non no sì si è sono sei siamo siete era ero essere stato "
        "stata ho hai ha abbiamo avete hanno avere avevo vorrei voglio vuoi vuole posso puoi può possiamo potrei "
        "potrebbe devo devi deve dovrei faccio fai fa fare fatto vado vai va andare andiamo viene vengo venire so sai "
        "sa sapere dico dici dire dimmi dammi fammi mi ti ci vi me te lei lui noi voi loro io tu mio mia miei mie tuo "
        "tua suo sua nostro questo questa questi queste quello quella quelli quelle quale quali cosa cos'è come "
        "quando dove quanto quanta quanti quante più meno molto molta tanto tanti troppo poco anche ancora già solo "
        "soltanto ora adesso oggi domani ieri dopo prima poi sempre mai mattina mattino pomeriggio sera stasera notte "
        "settimana mese anno anni lunedì martedì mercoledì giovedì venerdì sabato domenica ciao salve buongiorno "
        "buonasera buonanotte buona buon buono arrivederci grazie prego scusa scusi scusate favore piacere certo bene "
        "male bello bella ottimo perfetto d'accordo ehi beh boh ecco allora però quindi niente nulla nessuno qualcuno "
        "qualcosa tutto tutti tutte ogni altro altra altri due tre quattro cinque sette otto nove dieci lavoro vivo "
        "abito chiamo capito capisco piace aiuto aiutami lezione lezioni incontro incontri negozio parlare parlo "
        "imparare cancella cancellare cambiare cambia sposta annulla fermo ferma smetti basta torna indietro avanti "
        "gente ore dalle gentile vorremmo mezzogiorno nome paese persona magari forse credo penso giorno volta appena "
        "egregio saluti pure davvero proprio abbastanza circa vicino stesso sospendere termina ripeti mandami mandare "
        "vorrebbe vorrebbero potete avrei aveva eravamo saremo sarebbe sarà farò farei cerco cerca volentieri "
        "naturalmente fermati pronto spesso comunque invece mentre finché così cioè insomma ragazzi signora signore "
        "passare aspetta aspettare libero libera impegnato italiano tedesco inglese spagnolo cancellami dunque entro "
        "oltre dell metto metti mette mettere messo prendo prendi prendere mando manda mandato scrivo scrivi scrivere "
        "leggo leggere uso usare apro aprire chiudere trovo trovare provo provare sento sentire spero chiamare "
        "portare comprare pagare costa succede successo vera vero veri vere nuova nuovo piccolo piccola grande "
        "qualche ognuno signori tardi presto subito vedo vedere vediamo capire quasi mica infatti purtroppo foto ok "
        "bot fine stop hey hotel libro note ni vale casa ve pero ultima mal venga entra super test team video pagina "
        "numero grandi cambio parte modo parla dice serve servono serata domanda risposta nota invitare profilo "
        "lavora sicuro chiama contro sopra sotto dentro fuori sto stai sta stiamo state stanno stavo"
    ),
    "de": (
        "der die das den dem des ein eine einen einem einer eines kein keine keinen keiner und oder aber wenn weil "
        "dass ob als wie was wer wen wem wo wohin woher wann warum wieso welche welcher welches welchen von vom zu "
        "zum zur in im ins an am auf aus bei beim mit nach vor für fuer ohne um über ueber unter bis gegen durch seit "
        "ich du er sie es wir ihr mich mir dich dir ihn ihm uns euch ihnen mein meine meinen meiner meinem dein deine "
        "deinen sein seine ihre ihren unser unsere bin bist ist sind seid war waren gewesen habe hab hast hat haben "
        "hatte hätte werde wird wirst werden wurde würde wuerde kann kannst können koennen könnte könnten koennte "
        "muss musst müssen will willst wollen möchte möchten moechte soll sollen sollte darf mag magst nicht nix "
        "nichts nein nee nö ja jo doch nur auch noch schon sehr mehr viel viele alle alles etwas jemand niemand man "
        "hier da dort heute morgen gestern jetzt gleich bald später spaeter dann wieder immer nie mal bitte danke "
        "dankeschön vielen dank hallo hi hey moin servus tschüss tschuess tschau guten gute guter gutes gut abend tag "
        "nacht mittag nachmittag vormittag woche monat jahr jahre montag dienstag mittwoch donnerstag freitag samstag "
        "sonntag montags uhr eins zwei drei vier fünf fuenf sechs sieben acht neun zehn heiße heisse wohne arbeite "
        "spreche lerne lernen rede reden sprechen machen mach macht mache gehen geht gehe geh komme kommen weiß weiss "
        "wissen sagen sag zeig zeigen zeige hilf hilfe helfen lösche löschen ändern ändere aendern absagen "
        "verschieben stopp aufhören pause zurück zurueck weiter okay klar genau richtig falsch toll super prima schön "
        "schoen gern gerne lieber leider vielleicht ganz so also denn deutsch treffen termin lektion laden leute "
        "mensch nochmal fertig verstehe verstanden nächste nächsten letzte andere anderen anderes bisschen übrigens "
        "brauche los meins euer lass rein raus frage fragen antwort antworten wäre waere wären hätten würden würdest "
        "sollten bekomme bekommen gibt gib nehmen nimm finde finden deshalb trotzdem zwischen während waehrend damit "
        "dazu davon darüber daran dafür frei beschäftigt zeit jeden jeder jedes manchmal oft englisch italienisch "
        "spanisch deutsche einfach eigentlich genug erst kannste hast's geht's gibt's isses ned net nit setze setzen "
        "lege legen stelle stellen schicke schicken schick geschickt schreibe schreiben schreib lese lesen benutze "
        "benutzen öffnen schließen suche suchen versuche versuchen hoffe kaufen zahlen kostet passiert neue neuen "
        "neuer neues kleine kleinen große großen sehe sehen bringe bringen nehme dauert beide jede selbst damals "
        "natürlich natuerlich eben mitte sicher wohl halt foto ok bot stop sei hotel basta ciao perfekt name hand "
        "fast arm rat her see set test team video tipp diese dieser dieses diesen diesem profil"
    ),
    "es": (
        "el la los las un una unos unas y e o u pero si porque que qué quien quién de del al a en con por para sin "
        "sobre entre hasta desde no sí sip es soy eres somos son está estoy estás estamos están estar era ser sido he "
        "has ha hemos han haber hay había tengo tienes tiene tenemos tener quiero quieres quiere quisiera querría "
        "puedo puedes puede podría podemos poder debo debe hago haces hace hacer hecho voy vas va vamos van ir vengo "
        "venir sé sabe sabes saber digo dice dime dame ponme me te se nos le les lo yo tú tu él ella nosotros "
        "vosotros usted ustedes ellos ellas mi mis mío mía tus su sus nuestro nuestra este esta esto estos estas ese "
        "esa eso esos aquel aquella cual cuál cuales cuáles cosa cómo como cuando cuándo donde dónde cuanto cuánto "
        "cuánta cuántos cuántas más menos muy mucho mucha muchas muchos tanto poco también tampoco aún todavía ya "
        "solo sólo ahora hoy mañana manana ayer después despues antes luego siempre nunca tarde tardes noche noches "
        "día dias días semana mes año años lunes martes miércoles jueves viernes sábado domingo hola buenas buenos "
        "buen bueno buena adiós adios chao gracias favor perdón perdone disculpe vale claro bien mal guay genial "
        "perfecto acuerdo supuesto oye nada nadie alguien algo todo todos todas toda cada otro otra otros otras uno "
        "dos tres cuatro cinco seis siete ocho nueve diez trabajo vivo llamo entiendo entendido gusta gustaría ayuda "
        "ayúdame lección lecciones reunión encuentro tienda hablar hablo aprender borrar borra cambiar cambia cambio "
        "cancelar cancela quitar parar vuelve volver atrás adelante gente hora horas mediodía nombre pueblo persona "
        "quizás creo pienso vez acabo saludos verdad bastante cerca mismo así asi pues entonces espera siguiente "
        "próximo última joven jóvenes mejor listo idioma móvil ciudad necesito necesita busco quita quito cita "
        "cambiarme acepto interesa apetece exacto socorro vino estaré llego llegar perfil tenga tengan vuelta sería "
        "estaba estaban hubiera podrían quería deme denme oiga mira mire libre ocupado ocupada español inglés "
        "italiano alemán veces mientras aunque además casi sino según cualquier ambos cuyo hacia ojalá alguna algunos "
        "algunas ningún ninguno ninguna pongo pones pone poner puesto tomo tomar mando mandar envío enviar envíe "
        "escribo escribir leo leer uso usar abro abrir cerrar encontrar pruebo probar siento sentir espero esperar "
        "llamar llevar comprar pagar cuesta pasa pasado verdadera verdadero nueva nuevo nuevos nuevas pequeño pequeña "
        "grande temprano pronto enseguida veo vemos entender señora señor vengan venga única único foto ok bot stop "
        "hey da hotel entro libro vi ni basta casa ve once ultima manda costa entra super test team video pagina "
        "numero parte modo habla ahi pregunta respuesta busca nota trabaja seguro llama contra dentro fuera bajo"
    ),
}


@dataclass(frozen=True, slots=True)
class Guess:
    """`language` is "" when nothing can be said; `confidence` is its probability among the four."""

    language: str
    confidence: float


def detect(text: str, prior: Mapping[str, float] | None = None) -> Guess:
    """The language of a message. `prior`: any weights per language; none, or all equal, where nothing is known.

    A message without words (👍, "10:30", Arabic letters) says nothing, whatever the prior.

    >>> detect("ok", {"de": 0.9, "en": 0.1}).language, detect("👍", {"de": 1}).language
    ('de', '')
    """
    text = text[:LONGEST]
    if not _is_latin(text):
        return Guess("", 0.0)
    chances = _chances(_pieces(text), _words(_tokens(text)), _letters(text), prior)
    best = max(chances, key=lambda language: chances[language])
    return Guess(best if chances[best] >= UNSURE else "", chances[best])


def wants_offer(text: str, current: str) -> str:
    """The language to offer to somebody who has chosen `current`; "" unless the message is clearly in another.

    >>> wants_offer("ich möchte den Termin verschieben", "en"), wants_offer("bei Café Guten Morgen", "en")
    ('de', '')
    """
    own = _own_words(text[:LONGEST])
    tokens = _tokens(own)
    if len(tokens) < OFFER_WORDS or not _is_latin(text[:LONGEST]):
        return ""
    pieces, letters = _pieces(own), _letters(own)
    prior = dict.fromkeys(LANGUAGES, (1 - STAYS) / 3) | {current: STAYS} if current in LANGUAGES else None
    chances = _chances(pieces, _words(tokens), letters, prior)
    offer = max(chances, key=lambda language: chances[language])
    if offer == current or chances[offer] < OFFER_FROM or not _has_signs(tokens, offer, current):
        return ""
    if max(map(log, _all_pieces(own)[len(LANGUAGES) :])) - log(pieces[offer]) > STRANGER:
        return ""
    if len(tokens) <= SAYS_ENOUGH:
        for token in dict.fromkeys(tokens):
            others = [other for other in tokens if other != token]
            rest = " ".join(others)
            if _chances(_pieces(rest), _words(others), _letters(rest), prior)[offer] < WITHOUT_ONE:
                return ""
    return offer


def from_channel(code: str) -> str:
    """Our language of a channel's code; "" when it is none of the four.

    >>> from_channel("de-AT"), from_channel("es_MX"), from_channel("pt-br")
    ('de', 'es', '')
    """
    language = re.split(r"[-_]", code.strip().lower(), maxsplit=1)[0]
    return language if language in LANGUAGES else ""


def load() -> None:
    """Reads the model now, so that nobody's first message waits for it."""
    detect("hello")


def _is_latin(text: str) -> bool:
    """Whether most of the letters are Latin ones; also false where there are none."""
    return 2 * len(_LATIN.findall(text)) > sum(map(str.isalpha, text))


def _tokens(text: str) -> list[str]:
    return [token.translate(_APOSTROPHES) for token in _TOKEN.findall(text.lower())]


def _own_words(text: str) -> str:
    """Without what is quoted, and without the words in the middle of a sentence that look like names."""
    text = _EVERYWHERE.sub(" ", _NOT_OWN.sub(" ", text.translate(_APOSTROPHES)))
    if text.isupper():
        return text.lower()
    return " ".join(
        word.lower()
        for begins, word in _WORD_IN_SENTENCE.findall(text)
        if word[0].islower() or word == "I" or (begins and _known(word.lower()))
    )


def _has_signs(tokens: Iterable[str], offer: str, current: str) -> bool:
    """Whether enough different small words, not only those of dishes and titles, are of the one language alone."""
    signs = {token for token in tokens if offer in (known := _known(token)) and current not in known}
    return len(signs) >= OFFER_SIGNS and not signs.issubset(_IN_NAMES.split())


def _chances(
    pieces: Mapping[str, float], words: Mapping[str, int], letters: Iterable[str], prior: Mapping[str, float] | None
) -> dict[str, float]:
    """The probability of each language."""
    scores = {language: PIECES * log(pieces[language]) - WORD * words[language] for language in LANGUAGES}
    for language in letters:
        scores[language] += LETTER
    for language, weight in _normal(prior).items():
        scores[language] += log(weight)
    highest = max(scores.values())
    shares = {language: exp(score - highest) for language, score in scores.items()}
    total = sum(shares.values())
    return {language: share / total for language, share in shares.items()}


def _normal(prior: Mapping[str, float] | None) -> dict[str, float]:
    weights = {language: (prior or {}).get(language, 0.0) for language in LANGUAGES}
    weights = {language: weight if isfinite(weight) and weight > 0 else 0.0 for language, weight in weights.items()}
    highest = max(weights.values()) or 1.0
    weights = {language: weight / highest for language, weight in weights.items()}
    total = sum(weights.values())
    return {language: max(weight / total if total else 0.25, LEAST_PRIOR) for language, weight in weights.items()}


def _words(tokens: Iterable[str]) -> dict[str, int]:
    """Of each language, how many of the known words are not its words."""
    strange: dict[str, int] = dict.fromkeys(LANGUAGES, 0)
    for token in tokens:
        if known := _known(token):
            for language in LANGUAGES:
                strange[language] += language not in known
    return strange


def _letters(text: str) -> list[str]:
    text = text.lower()
    return [language for language, letters in _LETTERS.items() if letters.search(text)]


def _known(token: str) -> frozenset[str]:
    """The languages a word of the table belongs to: as it is written, without accents, or drawn out ("siiii")."""
    as_written, folded, drawn_out = _table()
    if found := as_written.get(token):
        return found
    flat = fold(token)
    if found := folded.get(flat) or (drawn_out.get(_drawn_in(flat)) if len(flat) > 2 else None):
        return found
    head, apostrophe, tail = token.partition("'")
    if apostrophe and head and tail:
        return _known(f"{head}'") or _known(head) or _known(tail)
    return frozenset()


@cache
def _table() -> Sequence[Mapping[str, frozenset[str]]]:
    as_written: dict[str, set[str]] = {}
    folded: dict[str, set[str]] = {}
    drawn_out: dict[str, set[str]] = {}
    for language, words in WORDS.items():
        for word in words.split():
            as_written.setdefault(word, set()).add(language)
            folded.setdefault(fold(word), set()).add(language)
            drawn_out.setdefault(_drawn_in(fold(word)), set()).add(language)
    return [{word: frozenset(of) for word, of in words.items()} for words in (as_written, folded, drawn_out)]


def _drawn_in(word: str) -> str:
    """
    >>> _drawn_in("grazieee"), _drawn_in("siii")
    ('grazie', 'si')
    """
    return re.sub(r"(.)\1$", r"\1", _RUN.sub(r"\1", word))


def _pieces(text: str) -> dict[str, float]:
    """What py3langid's pieces of words say, each language's share flattened by the length of the text."""
    return dict(zip(LANGUAGES, _all_pieces(text), strict=False))


def _all_pieces(text: str) -> list[float]:
    """The same with the strangers behind the four."""
    ranked = dict(cast(list[tuple[str, float]], _identifier().rank(text.lower() if text.isupper() else text)))
    return [max(ranked[language], _FLOOR) for language in (*LANGUAGES, *_STRANGERS)]


@cache
def _identifier() -> Any:
    """py3langid with the columns of a few languages only; the others' are given back."""
    from py3langid import langid  # with numpy: 0.3 s, only for those who need it

    whole: Any = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)  # pyright: ignore[reportUnknownMemberType]
    columns = [whole.nb_classes.index(language) for language in (*LANGUAGES, *_STRANGERS)]
    return langid.LanguageIdentifier(
        whole.nb_ptc[:, columns].copy(),
        whole.nb_pc[columns],
        [whole.nb_classes[column] for column in columns],
        whole.tk_nextmove,
        whole.tk_output,
        norm_probs=True,
        tk_row=whole.tk_row,
    )
