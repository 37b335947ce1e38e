"""Menu, help, language, my data, forget me: what anybody may ask at any time."""

import structlog

import db.clusters
import db.people
from bot.case import ANYONE, COORDINATOR, Case, Taps, word
from bot.errors import Refused
from bot.messages import LANGUAGES, Button, Do, File, Lane, Outgoing
from bot.outbox.put import Letter, put
from bot.people import service
from bot.people.talk import remember_screen
from bot.texts import N_, NAMES, tongue
from db.clusters import Cluster
from db.people import Person

log = structlog.get_logger(__name__)
taps = Taps("people")
screen = Taps("screen")

_KEYBOARD = {
    "worker": (
        (N_("Next lesson"), "lessons:next"),
        (N_("My trainer"), "matching:status"),
        (N_("My meetings"), "meetings:mine"),
        (N_("Menu"), "people:menu"),
    ),
    "trainer": (
        (N_("Next lesson"), "lessons:next"),
        (N_("My learner"), "matching:status"),
        (N_("My meetings"), "meetings:mine"),
        (N_("Menu"), "people:menu"),
    ),
    "coordinator": (
        (N_("Overview"), "people:overview"),
        (N_("Find matches"), "matching:round"),
        (N_("Announce"), "announcements:new"),
        (N_("Menu"), "people:menu"),
    ),
}


def menu_words(text: str) -> Do | None:
    """What a word of the big keyboard stands for, in any of the four languages."""
    said = text.strip().casefold()
    for language in LANGUAGES:
        t = tongue(language)
        for rows in _KEYBOARD.values():
            for label, what in rows:
                if said == t.plain(label).casefold():
                    return Do(what)
    return None


def keyboard(person: Person) -> tuple[tuple[str, ...], ...]:
    """The big keyboard of this person's role, two words a row."""
    t = tongue(person.language)
    words = [t.plain(label) for label, _ in _KEYBOARD.get(person.role, ())]
    return tuple(tuple(words[i : i + 2]) for i in range(0, len(words), 2))


def help_row(case: Case) -> list[Button]:
    """The way out that stands under every screen without one of its own."""
    t = case.t
    return [
        Button(t.plain("Menu"), "people:menu"),
        Button(t.plain("Talk to a person"), "threads:ask", means=("talk_to_person",)),
    ]


@taps("start", needs=ANYONE)
async def start(case: Case, args: tuple[str, ...]) -> None:
    token = word(args)
    cluster = await _invited(case, token) if token else None
    if cluster:
        case.say(
            case.t(
                "Welcome! You now coordinate the cluster <b>{cluster}</b>.",
                cluster=cluster.called(case.person.language),
            )
        )
        if case.person.joined_at is None:
            await case.ask_form("onboarding_form", "", {**case.talk.answers, "role": "coordinator"})
            return await _go_on(case)
    if case.person.joined_at is not None:
        case.say(
            case.t("Welcome back, {name}! What shall we do?", name=case.person.name),
            keyboard=keyboard(case.person),
        )
        return await menu(case, ())
    await _go_on(case)


async def _invited(case: Case, token: str) -> Cluster | None:
    """The cluster of the invitation; one that is not valid is said so, and the way in goes on without it."""
    try:
        return await service.accept_invitation(case, token)
    except Refused as refused:
        case.say(case.t(refused.sentence, **refused.values))
        return None


async def _go_on(case: Case) -> None:
    """Onboarding imports this module; so the way there is by name."""
    case.wants.append(Do("onboarding:ask"))


@taps("hello", needs=ANYONE)
async def hello(case: Case, _args: tuple[str, ...]) -> None:
    if case.person.joined_at is None:
        return await _go_on(case)
    case.say(case.t("Hello, {name}!", name=case.person.name))
    await menu(case, ())


@taps("thanks", needs=ANYONE)
async def thanks(case: Case, _args: tuple[str, ...]) -> None:
    case.say(case.t("You are welcome!"))


@taps("bye", needs=ANYONE)
async def bye(case: Case, _args: tuple[str, ...]) -> None:
    case.say(case.t("See you soon! I am here whenever you need me."))


@taps("menu", needs=ANYONE)
async def menu(case: Case, _args: tuple[str, ...]) -> None:
    """Everything this person can do, as buttons."""
    t = case.t
    if case.person.joined_at is None:
        return await _go_on(case)
    if case.talk.form:
        case.close_form()
    do = [[Button(t.plain(label), what)] for label, what in _KEYBOARD[case.person.role][:-1]]
    if case.person.role == "coordinator":
        do.append([Button(t.plain("Conversations"), "threads:mine")])
        do.append([Button(t.plain("Unanswered questions"), "lessons:unanswered")])
        do.append([Button(t.plain("Lessons: how they go"), "lessons:report")])
        do.append([Button(t.plain("Cards whose screens look different"), "lessons:differing")])
        do.append([Button(t.plain("Evidence for the funder"), "meetings:evidence")])
        do.append([Button(t.plain("Invite a coordinator"), "people:invite")])
    else:
        if case.person.role == "trainer":
            do.append([Button(t.plain("My record"), "meetings:record")])
        do.append([Button(t.plain("How I would like to meet"), "matching:wishes")])
        do.append([Button(t.plain("Change my answers"), "onboarding:change")])
    case.say(
        t("What would you like to do?"),
        *do,
        [
            Button(t.plain("Language"), "people:language", means=("change_language",)),
            Button(t.plain("Help"), "people:help", means=("help",)),
        ],
    )


@taps("help", needs=ANYONE)
async def help_(case: Case, _args: tuple[str, ...]) -> None:
    t = case.t
    text = {
        "worker": t(
            "I bring you short lessons about social media for your business, and a young trainer who helps you "
            "one to one. You can tap the buttons or simply write to me. Nothing can break."
        ),
        "trainer": t(
            "I find you a business that wants to learn, help you prepare, and keep a record of what you did for "
            "your CV. You can tap the buttons or simply write to me."
        ),
        "coordinator": t(
            "You see who takes part, bring people together, and send announcements. You can tap the buttons or "
            "simply write to me."
        ),
    }.get(
        case.person.role,
        t(
            "I am a program that brings together people of 50+ from small businesses who want to learn social "
            "media, and young people who teach it. First I ask a few questions. It takes about three minutes, "
            "and you can stop at any time."
        ),
    )
    back = Button(t.plain("Menu"), "people:menu")
    if case.person.joined_at is None:
        back = Button(t.plain("Go on"), "onboarding:ask", means=("affirm",))
    case.say(
        text,
        [back, Button(t.plain("Talk to a person"), "threads:ask", means=("talk_to_person",))],
        [
            Button(t.plain("What is stored about me"), "people:mydata", means=("my_data",)),
            Button(t.plain("Delete my data"), "people:forget", means=("forget_me",)),
        ],
    )


@taps("language", needs=ANYONE)
async def language(case: Case, args: tuple[str, ...]) -> None:
    """Change to the language named, or ask which one."""
    code = word(args)
    if code not in LANGUAGES:
        buttons = [Button(NAMES[one], f"people:language:{one}", means=(one,)) for one in LANGUAGES]
        return case.say(case.t("Which language do you prefer?"), buttons[:2], buttons[2:])
    case.person.language = code
    case.say(
        case.t("Good, we go on in English."),
        keyboard=keyboard(case.person) if case.person.joined_at else (),
    )
    if case.talk.form.startswith("onboarding") or case.person.joined_at is None:
        await _go_on(case)
    return None


async def offer_language(case: Case, code: str) -> None:
    """Somebody writes in another language than they chose: ask once a week, and never change it by itself."""
    if any(one["data"].startswith("people:language:") for one in case.talk.screen):
        return  # they are choosing one just now
    t = tongue(code)
    message = Outgoing(
        t("Would you like to go on in English?"),
        (
            (
                Button(t.plain("Yes"), f"people:language:{code}", means=("affirm", code)),
                Button(t.plain("No"), "people:stay", means=("deny",)),
            ),
        ),
    )
    week = case.now.isocalendar()
    key = f"language:{case.person.id}:{code}:{week.year}-{week.week}"
    letter = Letter(case.person, message, Lane.REPLY, key, case.now)
    if await put(case.session, [letter], case.now):
        remember_screen(case.talk, message)  # in a form too: a "yes" must mean this, not the question above


@taps("stay", needs=ANYONE)
async def stay(case: Case, _args: tuple[str, ...]) -> None:
    """The language stays as it is."""
    case.tick(case.t("No"))
    if case.person.joined_at is None:
        return await _go_on(case)
    return await menu(case, ())


@taps("why", needs=ANYONE)
async def why(case: Case, _args: tuple[str, ...]) -> None:
    case.say(
        case.t(
            "I only ask what is needed to find a partner who fits you: what you want to learn or teach, where you "
            "are, your languages and your free hours. Your partner sees your first name only after you have both "
            "said yes. You can see everything with /mydata and delete it with /forget."
        )
    )
    if case.person.joined_at is None and case.incoming.kind == "tap":
        await _go_on(case)


@taps("robot", needs=ANYONE)
async def robot(case: Case, _args: tuple[str, ...]) -> None:
    case.say(
        case.t(
            "I am a program, not a person. I follow clear rules, and I never pretend otherwise. "
            "Would you like to talk to a person?"
        ),
        help_row(case),
    )


@taps("outside", needs=ANYONE)
async def outside(case: Case, _args: tuple[str, ...]) -> None:
    case.say(
        case.t("I am afraid I cannot help with that. I know about social media lessons, trainers and meetings."),
        help_row(case),
    )


@taps("unclear", needs=ANYONE)
async def unclear(case: Case, _args: tuple[str, ...]) -> None:
    """Once: ask for other words. Twice running: the menu and a person, never a third time."""
    if case.person.joined_at is None:
        return await _go_on(case)
    case.talk.unclear += 1
    if case.talk.unclear < 2:
        return case.say(
            case.t("I did not quite understand. Could you say it in other words, or choose from the menu?"),
            help_row(case),
        )
    case.talk.unclear = 0
    case.say(case.t("I still do not understand, and I am sorry. A person can help, or choose here:"))
    case.say(
        case.t("What would you like to do?"),
        [Button(case.t.plain("Talk to a person"), "threads:ask", means=("talk_to_person", "affirm"))],
        *[[Button(case.t.plain(label), what)] for label, what in _KEYBOARD[case.person.role]],
    )
    return None


@taps("inform", needs=ANYONE)
async def inform(case: Case, _args: tuple[str, ...]) -> None:
    if case.person.joined_at is None:
        return await _go_on(case)
    case.say(
        case.t("Thank you. If something about you has changed, you can tell me here:"),
        [Button(case.t.plain("Change my answers"), "onboarding:change"), *help_row(case)],
    )
    return None


@taps("down", needs=ANYONE)
async def down(case: Case, _args: tuple[str, ...]) -> None:
    case.say(case.t("At the moment I can only follow buttons, not words. Everything works from here:"))
    await menu(case, ())


@taps("later", needs=ANYONE)
async def later(case: Case, _args: tuple[str, ...]) -> None:
    case.say(case.t("That is not possible here yet. A coordinator can help you with it."), help_row(case))


@taps("cannot_read", needs=ANYONE)
async def cannot_read(case: Case, args: tuple[str, ...]) -> None:
    t = case.t
    text = {
        "photo": t("Thank you for the photo. I cannot look at pictures yet: please write it in words."),
        "voice": t("I cannot listen to voice messages yet: please write it in words."),
        "sticker": t("A nice one! Please tell me in words, or tap a button."),
    }.get(word(args), t("I cannot read that. Please write it in words, or tap a button."))
    case.say(text)
    if case.talk.form.startswith("onboarding"):
        await _go_on(case)


@taps("too_long", needs=ANYONE)
async def too_long(case: Case, _args: tuple[str, ...]) -> None:
    case.say(case.t("That was too long for me. Please say it in one or two sentences."))


@taps("unknown_command", needs=ANYONE)
async def unknown_command(case: Case, _args: tuple[str, ...]) -> None:
    case.say(case.t("I don't know this command. Here is what I can do:"))
    await menu(case, ())


@taps("stop", needs=ANYONE)
async def stop(case: Case, _args: tuple[str, ...]) -> None:
    """Stop what is going on. Nothing that was answered is lost."""
    if case.person.joined_at is None and case.talk.form and not case.talk.form.startswith("onboarding"):
        case.close_form()
        case.say(case.t("All right, I have stopped that."))
        return await _go_on(case)
    if case.person.joined_at is None:
        return case.say(
            case.t("All right, we stop here. Nothing is lost: write to me whenever you want to go on."),
            [Button(case.t.plain("Go on"), "onboarding:ask", means=("affirm", "join"))],
            [Button(case.t.plain("Delete my data"), "people:forget", means=("forget_me",))],
        )
    case.close_form()
    case.say(case.t("All right, I have stopped that."))
    return await menu(case, ())


@taps("back", needs=ANYONE)
async def back(case: Case, _args: tuple[str, ...]) -> None:
    if case.talk.form and not case.talk.form.startswith("onboarding"):
        return await stop(case, ())
    if case.talk.form.startswith("onboarding") or case.person.joined_at is None:
        case.wants.append(Do("onboarding:back"))
    else:
        await menu(case, ())


@screen("affirm", "deny", needs=ANYONE)
async def yes_or_no_to_nothing(case: Case, _args: tuple[str, ...]) -> None:
    if case.person.joined_at is None:
        return await _go_on(case)
    case.say(case.t("I am not sure what you mean by that just now."))
    return await menu(case, ())


@screen("back", needs=ANYONE)
async def screen_back(case: Case, args: tuple[str, ...]) -> None:
    await back(case, args)


@screen("stop", needs=ANYONE)
async def screen_stop(case: Case, args: tuple[str, ...]) -> None:
    await stop(case, args)


@taps("blocked", needs=ANYONE)
async def blocked(case: Case, _args: tuple[str, ...]) -> None:
    await service.leave(case.session, case.person)


@taps("unblocked", needs=ANYONE)
async def unblocked(case: Case, _args: tuple[str, ...]) -> None:
    """Nothing to say: Telegram's own START follows, or what was held goes out by itself."""


# -- data -----------------------------------------------------------------------------------------------


@taps("mydata", needs=ANYONE)
async def mydata(case: Case, _args: tuple[str, ...]) -> None:
    content = await service.my_data(case)
    case.say(
        case.t("This file holds everything that is stored about you."),
        file=File("my-data.json", content, "application/json"),
    )


@taps("forget", needs=ANYONE)
async def forget(case: Case, _args: tuple[str, ...]) -> None:
    t = case.t
    case.say(
        t("Shall I delete everything about you: your answers, lessons and meetings? This cannot be undone."),
        [Button(t.plain("Yes, delete everything"), "people:forget_yes", means=("affirm", "forget_me"))],
        [Button(t.plain("No, keep it"), "people:keep", means=("deny", "stop", "go_back"))],
    )


@taps("keep", needs=ANYONE)
async def keep(case: Case, _args: tuple[str, ...]) -> None:
    case.tick(case.t("No, keep it"))
    case.say(case.t("Good. Nothing was deleted."))
    await menu(case, ())


@taps("forget_yes", needs=ANYONE)
async def forget_yes(case: Case, _args: tuple[str, ...]) -> None:
    case.said.clear()
    t = case.t
    await service.forget(case)
    case.said.clear()
    case.say(t("Everything about you has been deleted. If you ever want to come back, just write /start. Take care!"))


# -- coordinators ---------------------------------------------------------------------------------------


@taps("overview", needs=COORDINATOR)
async def overview(case: Case, _args: tuple[str, ...]) -> None:
    t = case.t
    for cluster in await db.clusters.coordinated_by(case.session, case.person.id):
        counts = await db.people.count_by_role(case.session, cluster.id)
        workers, trainers = counts.get("worker", 0), counts.get("trainer", 0)
        case.say(
            "\n".join(
                (
                    f"<b>{t('Cluster {name}', name=cluster.called(t.language))}</b>",
                    t.n("{n} worker", "{n} workers", workers),
                    t.n("{n} trainer", "{n} trainers", trainers),
                )
            ),
            [Button(t.plain("Find matches"), "matching:round", means=("find_match",))],
            [Button(t.plain("Announce"), "announcements:new", means=("announce",))],
        )


@taps("invite", needs=COORDINATOR)
async def invite(case: Case, _args: tuple[str, ...]) -> None:
    t = case.t
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    if not mine:
        raise Refused(N_("Only a coordinator can do this."))
    for cluster in mine:
        token = await service.invite(case.session, cluster, "coordinator", case.person.id, case.now)
        case.say(
            t(
                "Send this link to the new coordinator of {cluster}. It works once, for seven days:",
                cluster=cluster.called(t.language),
            )
            + f"\nhttps://t.me/{case.house.bot_name}?start={token}"
        )
