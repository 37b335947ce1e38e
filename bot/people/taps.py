"""Menu, help, small talk, stop and back: what anybody may say at any time.

The language, what is stored, and what coordinators have stand in their own `…_taps`.
"""

import structlog

from bot.case import ANYONE, Case, Taps, word
from bot.errors import Refused
from bot.messages import Button, Do
from bot.people import coordinator_taps, data_taps, language_taps, service
from bot.people.menu import KEYBOARD, go_on, help_row, keyboard
from db.clusters import Cluster

log = structlog.get_logger(__name__)
taps = Taps("people")
taps.update(language_taps.taps)
taps.update(data_taps.taps)
taps.update(coordinator_taps.taps)
screen = Taps("screen")


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
            return go_on(case)
    if case.person.joined_at is not None:
        case.say(
            case.t("Welcome back, {name}! What shall we do?", name=case.person.name),
            keyboard=keyboard(case.person),
        )
        return await menu(case, ())
    go_on(case)


async def _invited(case: Case, token: str) -> Cluster | None:
    """The cluster of the invitation; one that is not valid is said so, and the way in goes on without it."""
    try:
        return await service.accept_invitation(case, token)
    except Refused as refused:
        case.say(case.t(refused.sentence, **refused.values))
        return None


@taps("hello", needs=ANYONE)
async def hello(case: Case, _args: tuple[str, ...]) -> None:
    if case.person.joined_at is None:
        return go_on(case)
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
        return go_on(case)
    if case.talk.form:
        case.close_form()
    do = [[Button(t.plain(label), what)] for label, what in KEYBOARD[case.person.role][:-1]]
    if case.person.role == "coordinator":
        do.append([Button(t.plain("My announcements"), "announcements:mine")])
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
        go_on(case)


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
        return go_on(case)
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
        *[[Button(case.t.plain(label), what)] for label, what in KEYBOARD[case.person.role]],
    )
    return None


@taps("inform", needs=ANYONE)
async def inform(case: Case, _args: tuple[str, ...]) -> None:
    if case.person.joined_at is None:
        return go_on(case)
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
        go_on(case)


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
        return go_on(case)
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
        return go_on(case)
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
