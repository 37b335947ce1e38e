"""The words coordinators have for people, in four languages: small letters, no accents, as `rules.plain` writes them.

Every language's words are understood at all times. Patterns are looked for in the whole line, longest first.
"""

import re

from bot.messages import LANGUAGES
from bot.people.number_words import numbers_in


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _any(text: str) -> str:
    return "(?:" + "|".join(text.split()) + ")"


PEOPLE = _words(
    """people person persons participants persone persona partecipanti personas participantes leute personen teilnehmer
    menschen"""
)
ROLE_WORDS = {
    "worker": _words(
        """worker workers learner learners employee employees entrepreneur entrepreneurs owners
        lavoratore lavoratrice lavoratori lavoratrici allievo allieva allievi allieve titolari dipendente dipendenti
        imprenditore imprenditrice imprenditori imprenditrici
        lernende lernender lernenden beschaftigte beschaftigten beschaftigter beschaeftigte beschaeftigten
        arbeitnehmer arbeitnehmern arbeitnehmerin arbeitnehmerinnen mitarbeiter mitarbeitern mitarbeiterinnen
        unternehmer unternehmern unternehmerinnen inhaber inhabern inhaberinnen
        trabajador trabajadora trabajadores trabajadoras alumno alumna alumnos alumnas empleados empleadas
        empresario empresaria empresarios empresarias aprendices"""
    ),
    "trainer": _words(
        """trainer trainers teacher teachers tutor tutors mentor mentors coach coaches instructor instructors
        formatore formatrice formatori formatrici insegnante insegnanti istruttore istruttori mentore mentori
        trainern trainerin trainerinnen lehrer lehrern lehrerin lehrerinnen mentoren mentorin mentorinnen
        formador formadora formadores formadoras profesor profesora profesores profesoras tutores tutoras
        monitor monitores mentores"""
    ),
}
_WHO = "(?:who|that|che|chi|die|der|wer|que|quien|quienes)"
ROLE_CLAUSES = {  # "those who learn"; the topic they learn stands behind
    "worker": re.compile(
        rf"\b{_WHO} (?:(?:want to|would like to|wants to|are) )?(?:learn|learns|learning)\b"
        r"|\b(?:chi|che) (?:impara|imparano|(?:vuole|vogliono) imparare)\b"
        r"|\b(?:die|wer) (?:lernen|lernt)\b|\blernende person(?:en)?\b"
        r"|\b(?:que|quien|quienes) (?:aprende|aprenden|quieren? aprender)\b"
    ),
    "trainer": re.compile(
        rf"\b{_WHO} (?:(?:want to|can|wants to|are) )?(?:teach|teaches|teaching)\b"
        r"|\b(?:chi|che) (?:insegna|insegnano)\b"
        r"|\b(?:die|wer) (?:unterrichten|unterrichtet)\b"
        r"|\b(?:que|quien|quienes) (?:ensena|ensenan)\b"
    ),
}

EVERYONE = re.compile(
    r"\b(?:everyone|everybody|jeden|allen|tutti quanti|tutte le persone|todo el mundo)\b"
    r"|\b(?:all|tutti|tutte|alle|todos|todas)"
    r"(?= (?:in|of|from|with|di|del|nel|nella|da|en|de|aus|von|who|that|che|die|que|quelli|coloro|los que|las que"
    r"|except|but|tranne|eccetto|salvo|ausser|menos|excepto|my|miei|meinen|mis)\b|$)"
    r"|\b(?:all|tutti|tutte|alle|todos|todas)(?: (?:the|i|gli|le|los|las|die))?"
    r" (?:people|persons|participants|persone|partecipanti|personas|participantes|leute|personen|teilnehmer|menschen)\b"
)

# -- matched or not -------------------------------------------------------------------------------------

_PARTNER = _any(
    """partner partnerin lernpartner trainer trainerin tutor mentor learner worker teacher match
    formatore formatrice insegnante allievo allieva abbinamento compagno compagna lavoratore persona
    lernende lernenden lernender jemanden lehrer lehrerin
    formador formadora profesor profesora alumno alumna pareja trabajador"""
)
_NO = _any("without no not t non senza ohne kein keine keinen keiner nicht sin ningun ninguna nessun nessuna no")
_A = _any(
    "a an any the their yet got have had found been un una uno einen einem einer eine ein ancora todavia aun noch su"
)
_YET = _any("yet still noch ancora todavia aun already schon bereits gia ya")
_PAIRED = (
    r"(?:matched|paired|abbinat[oaie]|accoppiat[oaie]|vermittelt(?:e|en|er)?|gematcht|zugeteilt"
    r"|emparejad[oa]s?|emparejar)"
)
_NEGATED = r"(?:not|t|non|nicht|sin|no)"

UNMATCHED = re.compile(
    r"\b(?:unmatched|unpaired|unvermittelt(?:e|en|er)?|ungematcht|spaiat[ie])\b"
    rf"|\b{_NEGATED}(?: (?:been|yet|ancora|sono|stat[ie]|hanno|estan|esta|todavia|aun|noch)){{0,3}} {_PAIRED}\b"
    rf"|\b(?:(?:has|have|having|hanno|ha|tienen|tiene|do|does|did) )?(?:{_YET} )?"
    rf"{_NO}(?: (?:{_A}|hanno|ha|tienen|tiene)){{0,3}} {_PARTNER}(?: {_YET})?(?: (?:haben|hat))?\b"
    r"|\b(?:(?:haben|hat) )?noch (?:niemand|niemanden)(?: (?:haben|hat))?\b"
    r"|\bno tienen?(?: todavia| aun)? a nadie\b|\bnon (?:hanno|ha) (?:ancora )?nessuno\b"
    rf"|\b(?:(?:is|are|still) ){{0,2}}(?:waiting|wait|waits|looking|searching) for (?:{_A} )?{_PARTNER}\b"
    r"|\b(?:aspetta|aspettano|attende|attendono|cerca|cercano|in attesa di|in cerca di)"
    rf"(?: ancora)?(?: {_A})? {_PARTNER}\b"
    rf"|\b(?:noch )?(?:auf )?{_A} {_PARTNER} (?:warten|wartet|suchen|sucht)\b"
    rf"|\b(?:warten|wartet|suchen|sucht) (?:noch )?(?:auf )?(?:{_A} )?{_PARTNER}\b"
    rf"|\b(?:esperan|espera|buscan|busca)(?: todavia| aun)?(?: a)?(?: {_A})? {_PARTNER}\b"
)
PAIRED = re.compile(
    rf"\b(?:(?:are|is|already|have been|sono|sono stati|gia|estan|ya|schon|bereits) ){{0,3}}{_PAIRED}\b(?: sind)?"
    rf"|\b(?:(?:already|gia|ya|schon) )?(?:has|have|with|con|hanno|ha|tienen|tiene|mit)(?: (?:already|gia|ya|schon))?"
    rf"(?: {_A})? {_PARTNER}\b"
    rf"|\b(?:schon|bereits) (?:{_A} )?{_PARTNER} (?:haben|hat|gefunden haben)\b"
    r"|\b(?:in coppia|in a pair|in pairs|en pareja)\b"
)

# -- silent ---------------------------------------------------------------------------------------------

SILENT = re.compile(  # says it alone
    r"\b(?:(?:been|is|are|have been) )?(?:silent|quiet|inactive|dormant)\b"
    r"|\b(?:in silenzio|silenzios[ie]|inattiv[oaie]|tace|tacciono)\b"
    r"|\b(?:still|stumm|inaktiv|inaktive|inaktiven|schweigen|schweigt)(?: sind)?\b"
    r"|\b(?:en silencio|callad[oa]s?|inactiv[oa]s?|sin actividad)\b"
)
NOT_HEARD = re.compile(  # only with a time: "who have not answered" alone is about a question
    r"\b(?:not|t|never|non|nicht|nichts|no|sin)(?: \w+){0,2}? "
    r"(?:written|write|writes|answered|answer|replied|reply|heard|seen|active|touch"
    r"|scrive|scrivono|scritto|risponde|rispondono|risposto|sentire|sentito|sentiti|vede|vedono|visti|attivi"
    r"|geschrieben|schreiben|gemeldet|melden|geantwortet|antworten|gehort|gesehen|aktiv"
    r"|escribe|escriben|escrito|escribir|responde|responden|respondido|contestan|contestado|senales de vida|activos)"
    r"(?: (?:from|haben|habe|hat|sind))?\b"
    r"|\bstill\b"  # in German; in English it means something else
)
FEWER = _words("less fewer under within meno weniger menos")
_UNITS = {
    1: "day days giorno giorni tag tage tagen dia dias",
    7: "week weeks settimana settimane woche wochen semana semanas",
    14: "fortnight",
    30: "month months mese mesi monat monate monaten mes meses",
    365: "year years anno anni jahr jahre jahren ano anos",
}
UNITS = {word: days for days, words in _UNITS.items() for word in words.split()}

# -- finished a module ----------------------------------------------------------------------------------

MODULE = _words("module modules modulo moduli modul module modulos modulen")
FINISHED = _words(
    """finished completed done passed finish complete finito completato terminato superato concluso fatto
    abgeschlossen abgeschlossenem beendet fertig geschafft gemacht absolviert
    terminado completado acabado hecho superado finalizado"""
)
ORDINALS = {
    word: number
    for number, words in enumerate(
        (
            "first primo erste ersten primer primero",
            "second secondo zweite zweiten segundo",
            "third terzo dritte dritten tercer tercero",
            "fourth quarto vierte vierten cuarto",
            "fifth quinto funfte funften quinto",
            "sixth sesto sechste sechsten sexto",
            "seventh settimo siebte siebten septimo",
            "eighth ottavo achte achten octavo",
            "ninth nono neunte neunten noveno",
        ),
        start=1,
    )
    for word in words.split()
}
NUMBERS = {
    word: number for language in LANGUAGES for word, number in numbers_in(language).items() if word.isalpha()
} | dict.fromkeys(["a", "an", "one", "un", "una", "uno", "ein", "eine", "einem", "einer", "einen"], 1)

# -- languages, countries, trades, topics ---------------------------------------------------------------

SPEAKS = _words(
    """speak speaks speaking read reads reading language languages parla parlano leggono legge lingua madrelingua
    sprechen spricht lesen liest sprache sprachen hablan habla leen lee idioma idiomas lengua"""
)
SPOKEN = _words("speaking speakers sprechen spricht lesen lesend sprachig sprechend")
SPEAKERS = {
    "en": _words("anglofoni anglofone englischsprachige englischsprachigen anglofonos angloparlantes"),
    "it": _words("italofoni italofone italienischsprachige italienischsprachigen italoparlantes"),
    "de": _words("germanofoni tedescofoni deutschsprachige deutschsprachigen germanoparlantes germanofonos"),
    "es": _words("ispanofoni ispanofone spanischsprachige spanischsprachigen hispanohablantes"),
}
NATIONS = {
    word: code
    for code, words in {
        "IT": "italian italians italiano italiana italiani italiane italienische italienischen italianos italianas",
        "DE": "german germans tedesco tedesca tedeschi tedesche deutsche deutschen aleman alemana alemanes alemanas",
        "ES": "spanish spaniards spagnolo spagnola spagnoli spagnole spanische spanischen espanol espanola espanoles"
        " espanolas",
        "GB": "british britannico britannica britannici britanniche britische britischen britanicos britanicas inglesi"
        " englischen ingleses inglesas",
        "AT": "austrian austrians austriaci austriache osterreichische osterreichischen austriacos austriacas",
        "CH": "swiss svizzeri svizzere schweizer suizos suizas",
    }.items()
    for word in words.split()
}
ABOUT_TOPIC = _words(
    """teach teaches teaching learn learns learning interested know topic topics subject
    insegna insegnano insegnare impara imparano imparare interessati interessate argomento argomenti tema
    unterrichten unterrichtet lernen lernt lehren beibringen interessieren thema themen
    ensena ensenan ensenar aprende aprenden aprender interesados interesadas temas"""
)
AN_ANNOUNCEMENT = _words("annuncio annunci anuncio anuncios anzeige anzeigen advert adverts ad ads")
SECTOR = _words(
    "sector sectors trade trades industry settore settori comparto branche branchen gewerbe sectores ramo gremio"
)
AN_OCCASION = _words(  # where people are invited to, or what they are told about, more often than their trade
    """workshop workshops taller talleres laboratorio laboratori data video videos computer care it museum museo library
    werkstatt biblioteca bibliothek school surgery selling store training formacion formazione"""
)
MORE_TRADES = {"alberghiero": "hotel", "alberghiera": "hotel", "edili": "construction", "hotelera": "hotel"}

# -- what is not the audience ---------------------------------------------------------------------------

EXCEPT = _words(
    """except excluding besides apart outside tranne eccetto salvo escluso esclusi fuori ausser aussen ausserhalb but
    excepto fuera salvo
    menos"""
)
NOT = _words(
    """not t no never without nor nobody non senza mai ne nessuno nicht kein keine keinen ohne nie niemand
    sin nunca ni nadie"""
)
WHO = _words("who that whose che chi die der den denen wer que quien quienes los las")
AND = _words("and e ed und y e i")
OR = _words("or o od oder u")
CONTENT = _words("that dass che que about because weil perche porque")
RELATIVE = _words("that che que")  # when they stand for the people
IS_RELATIVE = _words(
    """have has had haven hasn are aren is speak speaks teach read want would learn did didn do don does live work
    finished completed never still
    hanno ha non si sono parlano parla insegnano insegna vogliono imparano impara leggono lavorano vivono abitano
    tacciono     stanno cercano aspettano attendono ci scrivono rispondono
    han ha no se estan hablan habla ensenan ensena aprenden aprende quieren quiere leen lee viven trabajan tienen ya
    todavia aun llevan buscan
    esperan escriben responden estan"""
)

EVERY = _words("all every tutti tutte alle allen todos todas")
OPENERS = _words(
    """to for only just tell message ping write inform invite remind notify all every the my with
    a ad agli ai alle allo al alla per solo soltanto tutti tutte i gli le lo la il dei delle degli avvisa scrivi informa
    an fur nur die der den alle allen jeden meine meinen mit
    para solo solamente todos todas los las el la a avisa escribe unos
    please this thank ask ringrazia chiedi danke frage agradece pregunta"""
)
ARTICLES = _words(
    """the my all every i gli le lo la il un una uno dei delle degli tutti tutte die der den das dem alle allen ein eine
    los las el la unos unas todos todas mis miei mie meine meinen other various"""
)
JOINS = _words(  # between what is known already and a trade: "workers in construction", not "workers to the workshop"
    """in of from and or at with those who work working are the a an on sector trade
    di del dei della dello dell delle degli nel nella nell nello dal dalla dagli e o con che quelli quelle
    coloro chi lavora lavorano il lo la l
    auf aus dem der den im vom von und oder die das mit in
    en de del la las los el y o u con que aquellos trabajan trabaja"""
)

FILLERS = (
    ARTICLES
    | OPENERS
    | JOINS
    | WHO
    | AND
    | OR
    | _words(
        """send sending sent write writing tell message messages announcement announce notice note circular update
    please want wants would like can could should must need let them they their those these there is are be
    been have has had
    having do does did people persons person participants participant everyone everybody yet still already now also both
    so something as by was were s d ll ve m re i we you me us it this only make give put new pass get
    speak speaks teach teaches learn learns some long since last more than least month months
    manda mandare invia inviare scrivi scrivere messaggio messaggi avviso avvisi annuncio annunci comunicazione vorrei
    voglio devo posso per favore fare persone persona partecipanti partecipante quelli quelle coloro ancora gia sono ho
    hanno ha si ci da su di dire nuovo vuole vogliono imparare insegnano insegna parlano parla lingua mese trici e es er
    all dall dell
    schicke schicken sende senden schreibe schreiben schreib nachricht mitteilung rundschreiben bitte ich mochte will
    wollen kann mir sag sagen bescheid personen leute menschen teilnehmer teilnehmende teilnehmerinnen teilnehmern haben
    hat habe sind ist noch schon bereits seit sich eine einen einem einer etwas neue sprechen lernen unterrichten wurden
    innen sein gern gerne mochten lade ein
    enviar envia mandar mensaje mensajes quiero queria necesito favor gente personas participantes han he tienen
    estan esta son ser todavia aun ya hay lo se le les su sus sobre hacer publicar nuevo hablan habla aprender quieren
    ensenan desde hace llevan por as os s un una aviso avisos
    firms companies businesses aziende imprese betriebe firmen empresas haven hasn don doesn didn isn aren
    informieren informier informiere benachrichtigen anschreiben mitteilen schick senden schreiben avisar informar
    know fare sapere avvisare informare
    cluster clusters clustern clusteres"""
    )
)
ALL_MINE = re.compile(
    r"\ball (?:of )?my clusters\b|\btutti i miei cluster\b"
    r"|\b(?:in )?allen? meinen? clustern?\b|\btodos mis cluster(?:e?s)?\b"
)
