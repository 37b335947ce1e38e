"""The house of DESIGN §2: who may import whom. Read from the source, so that nobody needs to remember it."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ("bot", "db", "simulator")
NOUNS = ("people", "onboarding", "lessons", "matching", "meetings", "announcements", "threads")
EDGES = ("taps", "actions", "due")  # the edges of a noun: nothing below may know them


@dataclass(frozen=True)
class Import:
    """`names` were imported from `module` (of `import x.y` the names are empty)."""

    file: str  # "bot/outbox/put.py"
    line: int
    module: str
    names: tuple[str, ...]
    for_types: bool  # below `if TYPE_CHECKING`

    @property
    def of(self) -> str:
        """The importing module, dotted."""
        return self.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    def full_names(self) -> Iterator[str]:
        """Everything that may be a module here: "bot.people" and "bot.people.service"."""
        yield self.module
        yield from (f"{self.module}.{name}" for name in self.names)

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {', '.join(self.names) or '*'} from {self.module}"


@cache
def imports() -> tuple[Import, ...]:
    found = []
    for folder in HOUSE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            types_only = {
                id(inner)
                for node in ast.walk(tree)
                if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
                for inner in ast.walk(node)
            }
            name = str(file.relative_to(ROOT))
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    found += [Import(name, node.lineno, one.name, (), id(node) in types_only) for one in node.names]
                elif isinstance(node, ast.ImportFrom):
                    assert node.level == 0, f"{name}:{node.lineno}: imports here are absolute"
                    names = tuple(one.name for one in node.names)
                    found.append(Import(name, node.lineno, node.module or "", names, id(node) in types_only))
    return tuple(found)


def broken(rule: Iterator[Import]) -> list[str]:
    return [str(one) for one in rule]


def in_folder(one: Import, *folders: str) -> bool:
    return any(one.file.startswith(f"{folder}/") for folder in folders)


def test_the_reader_reads() -> None:
    files = {one.file for one in imports()}
    assert {"bot/app.py", "db/outbox.py", "simulator/telegram.py", "bot/channels/telegram/send.py"} <= files
    assert any(one.top == "telegram" for one in imports())
    assert any(one.for_types for one in imports())


def test_only_the_telegram_channel_knows_telegram() -> None:
    assert not broken(one for one in imports() if one.top == "telegram" and not in_folder(one, "bot/channels/telegram"))


def test_sql_is_only_in_db() -> None:
    """Elsewhere SQLAlchemy is known as the type of a session, and by the error of a double key."""
    allowed = {("sqlalchemy.ext.asyncio", ("AsyncSession",))}
    assert not broken(
        one
        for one in imports()
        if one.top in ("sqlalchemy", "alembic", "psycopg", "sqlite3", "aiosqlite")
        and not in_folder(one, "db")
        and (one.module, one.names) not in allowed
    )


SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b")


def test_no_sql_is_hidden_in_a_string() -> None:
    for file in sorted((ROOT / "bot").rglob("*.py")):
        assert not SQL.search(file.read_text(encoding="utf-8")), file


def test_only_the_app_knows_the_scheduler() -> None:
    assert not broken(one for one in imports() if one.top == "apscheduler" and one.file != "bot/app.py")


def test_db_never_imports_the_bot() -> None:
    assert not broken(one for one in imports() if in_folder(one, "db") and one.top in ("bot", "simulator"))


def test_the_bot_and_the_simulator_do_not_know_each_other() -> None:
    """`bot/demo.py` starts it as a process; nothing is imported either way."""
    assert not broken(one for one in imports() if in_folder(one, "bot") and one.top == "simulator")
    assert not broken(one for one in imports() if in_folder(one, "simulator") and one.top in ("bot", "db"))


def test_nothing_that_runs_knows_the_tests_or_the_bench_or_rasas_side() -> None:
    allowed = {"bot/cli.py"}  # `twogether bench`
    assert not broken(
        one for one in imports() if one.top in ("tests", "bench", "nlu", "rasa") and one.file not in allowed
    )


def test_rules_and_messages_need_nothing_but_the_standard_library() -> None:
    pure = [*(ROOT / "bot").rglob("rules.py"), ROOT / "bot" / "messages.py"]
    assert len(pure) > 4
    names = {str(file.relative_to(ROOT)) for file in pure}
    assert not broken(
        one
        for one in imports()
        if one.file in names
        and one.top not in sys.stdlib_module_names
        and one.module.rpartition(".")[2] not in ("rules", "messages")
        and not (one.module == "bot.clock" and set(one.names) <= {"QuietHours", "at"})  # the rules about hours
    )


LAYERS = {
    "people": set(),
    "onboarding": {"people", "lessons"},
    "lessons": {"people"},
    "matching": {"people"},
    "meetings": {"people", "matching"},
    "announcements": {"people"},
    "threads": {"people"},
}


@pytest.mark.parametrize("noun", NOUNS)
def test_nouns_import_downwards_only(noun: str) -> None:
    """people ← lessons; people ← matching ← meetings; joining knows people and enrols for lessons."""
    above = set(NOUNS) - LAYERS[noun] - {noun}
    assert not broken(
        one
        for one in imports()
        if in_folder(one, f"bot/{noun}")
        and Path(one.file).name != "command.py"  # a part of the command line, kept with its noun
        and not one.for_types
        and any(
            name == f"bot.{other}" or name.startswith(f"bot.{other}.") for other in above for name in one.full_names()
        )
    )


def test_nothing_below_knows_the_programme() -> None:
    """cli, app → channels, web, turn, words → nouns: nobody imports the page that wires them."""
    wiring = ("bot.app", "bot.cli", "bot.turn", "bot.heard", "bot.web", "bot.doctor", "bot.demo")
    may = ("bot/app.py", "bot/turn.py", "bot/cli.py", "bot/__main__.py", "bot/demo.py", "bot/doctor.py")
    assert not broken(
        one
        for one in imports()
        if in_folder(one, "bot")
        and one.file not in may
        and not in_folder(one, "bot/web")
        and any(name == top or name.startswith(f"{top}.") for top in wiring for name in one.full_names())
    )


def test_services_and_rules_do_not_know_the_edges() -> None:
    edge_modules = {f"bot.{noun}.{edge}" for noun in NOUNS for edge in EDGES}
    assert not broken(
        one
        for one in imports()
        if Path(one.file).name in ("service.py", "rules.py")
        and not one.for_types
        and edge_modules.intersection(one.full_names())
    )


TIME_READS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
MAY_READ_TIME = {"bot/clock.py"}


def test_only_the_clock_reads_the_time() -> None:
    found = []
    for folder in ("bot", "db"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and name not in MAY_READ_TIME:
                    owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
                    if (owner, node.attr) in TIME_READS:
                        found.append(f"{name}:{node.lineno} reads {owner}.{node.attr}")
    assert found == []


def test_every_folder_of_a_noun_holds_only_the_parts_a_noun_has() -> None:
    for noun in NOUNS:
        assert (ROOT / "bot" / noun / "__init__.py").exists(), noun
        assert (ROOT / "bot" / noun / "taps.py").exists(), noun


def test_no_file_is_long() -> None:
    """A page can be read; a scroll cannot. Vocabulary, the Bot API's methods and migrations are lists."""
    long = {
        str(file.relative_to(ROOT)): lines
        for folder in (*HOUSE, "bench", "tools")
        for file in (ROOT / folder).rglob("*.py")
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}


LONGEST = 600
