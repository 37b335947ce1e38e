"""What is stored about somebody, and its end."""

from bot.case import ANYONE, Case, Taps
from bot.messages import Button, Do, File
from bot.people import service

taps = Taps("people")


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
    case.wants.append(Do("people:menu"))


@taps("forget_yes", needs=ANYONE)
async def forget_yes(case: Case, _args: tuple[str, ...]) -> None:
    case.said.clear()
    t = case.t
    await service.forget(case)
    case.said.clear()
    case.say(t("Everything about you has been deleted. If you ever want to come back, just write /start. Take care!"))
