"""Lessons go to translators and come back: nothing changes but what they changed, and nothing at all on a mistake."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Misconfigured
from bot.lessons.curriculum import load
from bot.lessons.exchange import Taken, export, take_in
from bot.lessons.files import taken_apart
from bot.lessons.lint import problems
from bot.lessons.markdown import fingerprint
from bot.lessons.page_file import TITLE, PageFile
from bot.lessons.po_file import read_sheet
from tests.lessons.test_curriculum import FOLDER, LESSON, REAL, TODAY, rewrite, stamped, write_lesson
from tests.lessons.test_lint import PAGE

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
ABOUT = LESSON.replace("kind: card}", "kind: card}\n  - {id: how, kind: card}", 1)
ITALIAN = """# Un titolo

## why

Una buona parola la leggono **tutti**. Ne vale la pena.

## how

Dica grazie. Lo dica in due righe brevi.


## where

Apra la [guida](https://example.org/a). Tocchi *Rispondi*.

## what

Che cosa aiuta di più {business}?

- a: Gridare forte come ha fatto il cliente.
  > No. La gente sente il tono.
- b: Restare calmi.
  > Sì. Così si vede chi è Lei.

## do

Ne scelga una. Dica grazie.

> Fatto vuol dire: la risposta è lì.
"""
NAME = FOLDER.replace("/", ".") + ".it.po"
ITALIAN_PAGE = f"{FOLDER}/it.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_curriculum(tmp_path / "curriculum")


def a_curriculum(root: Path) -> Path:
    """One lesson, whose Italian is a translation; the others are not looked at here."""
    place = write_lesson(root, about=ABOUT, page=PAGE)
    (place / "it.md").write_text(stamped(ITALIAN, PAGE))
    return root


def exported(root: Path) -> Path:
    (file,) = export(root, "it", root.parent / "po", NOW)
    return file


def everything(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def edited(file: Path, change: Callable[[Catalog], object]) -> Path:
    """The file as a translator's tool saves it."""
    with file.open("rb") as source:
        sheet = read_po(source)
    change(sheet)
    with file.open("wb") as target:
        write_po(target, sheet)
    return file


def translate(block: str, text: str) -> Callable[[Catalog], object]:
    def change(sheet: Catalog) -> None:
        (message,) = (one for one in sheet if one.context == (f"{FOLDER}/{block}" if block else FOLDER))
        message.string = text
        message.flags.discard("fuzzy")

    return change


def in_file(old: str, new: str) -> Callable[[Path], object]:
    return lambda file: rewrite(file, old, new)


# out


def test_a_translator_gets_all_there_is_to_know(root: Path) -> None:
    rewrite(root / FOLDER / "en.md", "Say thanks. Say it", "Say it")
    file = exported(root)
    assert file.name == NAME
    with file.open("rb") as source:
        sheet = read_po(source)
    assert (str(sheet.locale), sheet.fuzzy) == ("it", False)
    title, *blocks = [message for message in sheet if message.id]
    assert (title.context, title.id, title.string) == (FOLDER, "A title", "Un titolo")
    assert [message.context for message in blocks] == [
        f"{FOLDER}/{block}" for block in ("why", "how", "where", "what", "do")
    ]
    assert blocks[0].string == "Una buona parola la leggono **tutti**. Ne vale la pena."
    assert [message.fuzzy for message in blocks] == [False, True, False, False, False]
    assert "-format" not in file.read_text(), "{business} is no placeholder of Python's"
    about = [" ".join(message.auto_comments) for message in blocks]
    assert all("Address the reader as “Lei”." in one for one in about)
    assert "at most 600 characters" in about[0]
    assert "Facts that change" in about[2]
    assert "form “choice”" in about[3]
    assert "300 characters" in about[3]
    assert "last paragraph" in about[4]


def test_trainers_are_addressed_as_friends(tmp_path: Path) -> None:
    write_lesson(tmp_path / "curriculum", "trainer/01-start/01-first", ABOUT, PAGE)
    (file,) = export(tmp_path / "curriculum", "de", tmp_path / "po", NOW)
    assert "as “du”" in file.read_text()


def test_what_is_not_translated_yet_is_empty(root: Path) -> None:
    (root / ITALIAN_PAGE).unlink()
    (root / FOLDER / "de.md").write_text("# Titel\n\n## why\n\nWarum.\n")
    strings = [entry.translation for entry in read_sheet(exported(root)).entries.values()]
    assert strings == [""] * 6
    (german,) = export(root, "de", root.parent / "de", NOW)
    assert [entry.translation for entry in read_sheet(german).entries.values()] == ["Titel", "Warum.", *[""] * 4]
    assert german.read_text().count("#, fuzzy") == 2, "without a fingerprint nobody knows what it was made from"


def test_an_export_that_cannot_be_made_writes_nothing(root: Path) -> None:
    file = exported(root)
    worked_on = file.read_bytes()
    with pytest.raises(Misconfigured, match="is there already"):
        exported(root)
    assert file.read_bytes() == worked_on
    for language in ("en", "fr", "../it"):
        with pytest.raises(Misconfigured, match="must be one of it, de, es"):
            export(root, language, root.parent / "other", NOW)
    with pytest.raises(Misconfigured, match="no lessons"):
        export(root / "nowhere", "it", root.parent / "other", NOW)
    with pytest.raises(Misconfigured, match="cannot be written"):
        export(root, "it", file / "below", NOW)
    rewrite(root / ITALIAN_PAGE, "## how", "### how")
    with pytest.raises(Misconfigured, match="no heading we know"):
        export(root, "it", root.parent / "other", NOW)
    assert not (root.parent / "other").exists()


# there and back


def test_out_and_in_changes_nothing(root: Path) -> None:
    before = everything(root)
    assert take_in(root, [exported(root)]) == [Taken(ITALIAN_PAGE, ())]
    assert everything(root) == before


@pytest.mark.parametrize("language", ["it", "de", "es"])
def test_our_own_lessons_go_out_and_in_unchanged(tmp_path: Path, language: str) -> None:
    """All that the colleagues have not left stale; on a copy."""
    lessons = [lesson for lesson in load(REAL).lessons if language in lesson.languages]
    for lesson in lessons:
        for file in (lesson.folder, lesson.module.folder, lesson.track):
            (tmp_path / "c" / file).mkdir(parents=True, exist_ok=True)
            for source in (REAL / file).iterdir():
                if source.is_file():
                    (tmp_path / "c" / file / source.name).write_bytes(source.read_bytes())
    files = [
        file for file in export(tmp_path / "c", language, tmp_path / "po", NOW) if "#, fuzzy" not in file.read_text()
    ]
    before = everything(tmp_path / "c")
    assert all(not taken.changed for taken in take_in(tmp_path / "c", files))
    assert everything(tmp_path / "c") == before


@pytest.mark.parametrize(
    ("block", "new"),
    [
        (TITLE, "Un altro titolo"),
        ("why", "Una parola gentile la leggono tutti.\n\nLo ricordi sempre."),
        ("how", "Dica prima di tutto grazie.\n- Una riga basta.\n- Due vanno bene."),
        ("what", "Che cosa aiuta?\n\n- a: Gridare.\n  > No, si sente.\n- b: Restare calmi.\n  > Sì, certo."),
        ("do", "Ne scelga due.\n\n> Fatto vuol dire: le risposte sono lì."),
    ],
)
def test_a_changed_text_changes_its_block_only(root: Path, block: str, new: str) -> None:
    before = everything(root)
    old = taken_apart((root / ITALIAN_PAGE).read_text(), "")
    text = old.title.markdown if block == TITLE else old.blocks[block].markdown
    file = edited(exported(root), translate(block, f"\r\n{new} \n".replace("\n", "\r\n") if block == "why" else new))
    assert take_in(root, [file]) == [Taken(ITALIAN_PAGE, (block,))]
    assert everything(root) == before | {ITALIAN_PAGE: before[ITALIAN_PAGE].replace(text.encode(), new.encode())}
    assert [one for one in load(root).problems if FOLDER in one.file] == []


def test_a_stale_block_gets_the_fingerprint_of_what_it_is_made_from_now(root: Path) -> None:
    rewrite(root / FOLDER / "en.md", "Say thanks. Say it", "Say it")
    rewrite(root / FOLDER / "en.md", "# A title", "# A better title")
    file = exported(root)
    edited(file, translate("how", "Lo dica in due righe brevi."))
    edited(file, translate(TITLE, "Un titolo"))
    before = (root / ITALIAN_PAGE).read_text()
    assert take_in(root, [file]) == [Taken(ITALIAN_PAGE, (TITLE, "how"))]
    (lesson,) = load(root).lessons
    assert not any(block.is_stale("it") for block in lesson.blocks)
    assert lesson.title_made_from["it"] == fingerprint("A better title")
    same = re.sub(r"<!-- english: \w+ -->", "", before).replace("Dica grazie. Lo dica", "Lo dica")
    assert re.sub(r"<!-- english: \w+ -->", "", (root / ITALIAN_PAGE).read_text()) == same


def test_a_page_that_was_not_there_is_written(root: Path) -> None:
    file, text = exported(root), (root / ITALIAN_PAGE).read_text()
    (root / ITALIAN_PAGE).unlink()
    assert len(take_in(root, [file])[0].changed) == 6
    assert (root / ITALIAN_PAGE).read_text() == text.replace("\n\n\n", "\n\n")
    assert [one for one in problems(root, TODAY) if one.file == ITALIAN_PAGE] == []


def test_a_block_that_was_not_there_comes_to_its_place(root: Path) -> None:
    file, text = exported(root), (root / ITALIAN_PAGE).read_text()
    for block in ("why", "where", "do"):
        short = re.sub(rf"## {block} .*?(?=\n## |\Z)", "", text, flags=re.DOTALL).strip()
        (root / ITALIAN_PAGE).write_text(short)
        assert take_in(root, [file]) == [Taken(ITALIAN_PAGE, (block,))]
        assert (root / ITALIAN_PAGE).read_text().split() == text.split()


def test_line_ends_and_byte_order_marks_stay(root: Path) -> None:
    page = root / ITALIAN_PAGE
    page.write_bytes(b"\xef\xbb\xbf" + page.read_bytes().replace(b"\n", b"\r\n"))
    before, file = page.read_bytes(), exported(root)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert take_in(root, [file]) == [Taken(ITALIAN_PAGE, ())]
    edited(file, translate("how", "Dica prima grazie.\n\nPoi basta."))
    take_in(root, [file])
    old = "Dica grazie. Lo dica in due righe brevi."
    assert page.read_bytes() == before.replace(old.encode(), b"Dica prima grazie.\r\n\r\nPoi basta.")


# what is refused

GERMAN = "Ein gutes Wort wird von allen gelesen. Es ist die Mühe wert, und es dauert nicht lange."
ENGLISH = "A good word is read by all the people who come here. It is worth your time."
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "half translated": (lambda file: edited(file, translate("how", " ")), "Not translated yet: how. Translate"),
    "a text is gone": (in_file(f'msgctxt "{FOLDER}/do"', f'#~ msgctxt "{FOLDER}/do"'), "is missing|which block"),
    "fuzzy": (in_file(f'msgctxt "{FOLDER}/do"', f'#, fuzzy\nmsgctxt "{FOLDER}/do"'), "fuzzy: do. Compare"),
    "another language": (lambda file: edited(file, translate("why", GERMAN)), "why is in German, .* for Italian"),
    "left in English": (lambda file: edited(file, translate("why", ENGLISH)), "why is in English"),
    "another header": (in_file("Language: it", "Language: de"), "is in Italian, but the file is for German"),
    "an unknown language": (in_file("Language: it", "Language: fr"), "“Language: fr”; it must be one of it, de, es"),
    "a language that is none": (in_file("Language: it", "Language: ../.."), "header or a comment"),
    "no language": (in_file('"Language: it\\n"\n', ""), "must be one of"),
    "edited English": (in_file('msgid "Say thanks.', 'msgid "Say many thanks.'), "English of how is not today's"),
    "unknown block": (in_file(f"{FOLDER}/how", f"{FOLDER}/how-so"), "has no .*how-so. Export again"),
    "unknown lesson": (in_file(FOLDER, "worker/01-start/02-none"), "no lesson “worker/01-start/02-none”"),
    "a way out": (in_file(FOLDER, "../../etc"), "no lesson"),
    "two lessons": (in_file(f"{FOLDER}/how", "worker/01-start/02-other/how"), "several lessons"),
    "no context": (in_file(f'msgctxt "{FOLDER}/how"\n', ""), "which block it is"),
    "twice": (lambda file: file.write_text(2 * file.read_text()), "twice|header"),
    "a quotation mark is missing": (in_file('msgid "Say', "msgid Say"), r"Line \d+ is no line"),
    "two translations": (in_file('msgstr "Un titolo"', 'msgstr "Un titolo"\nmsgstr "Due"'), "msgstr is missing"),
    "no translation": (in_file('msgstr "Un titolo"\n', ""), "msgstr is missing"),
    "plural": (in_file('msgstr "Un titolo"', 'msgid_plural "x"\nmsgstr[0] "y"'), r"Line \d+"),
    "a title of two lines": (lambda file: edited(file, translate("", "Un\ntitolo")), "A title has one line"),
    "a heading inside": (lambda file: edited(file, translate("how", "Dica.\n## do\nGrazie.")), "twice"),
    "an unknown heading inside": (lambda file: edited(file, translate("how", "Dica.\n### do")), "no heading"),
    "a strange block inside": (lambda file: edited(file, translate("how", "Dica.\n## oh\nGià.")), "no such block"),
    "an option less": (
        lambda file: edited(file, translate("what", "Che cosa?\n\n- a: Gridare.\n  > No.")),
        "what: It is no question",
    ),
    "no explanation": (
        lambda file: edited(file, translate("what", "Che cosa?\n\n- a: Gridare.\n- b: Zitti.\n  > No.")),
        "what: Option a has no explanation",
    ),
    "nothing is done": (lambda file: edited(file, translate("do", "Ne scelga una.")), "“done”"),
    "empty": (lambda file: file.write_text(""), "no text in it"),
    "no PO": (lambda file: file.write_text("Buongiorno!"), "Line 1 is no line"),
    "not UTF-8": (lambda file: file.write_bytes(file.read_text().encode("utf-16")), "Save it as UTF-8"),
    "not there": (lambda file: file.unlink(), "cannot be read"),
    "a folder": (lambda file: (file.unlink(), file.mkdir()), "cannot be read"),
    "too long": (lambda file: file.write_text("#\n" * 600_000), "too long"),
    "a header of nonsense": (in_file("nplurals=2", "nplurals=many"), "header or a comment cannot be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why_and_changes_nothing(root: Path, case: str) -> None:
    spoil, says = REFUSED[case]
    write_lesson(root, "worker/01-start/03-beside", ABOUT.replace("7ad4", "0003"), PAGE)
    (root / "worker/01-start/03-beside/it.md").write_text(stamped(ITALIAN, PAGE))
    file, beside = export(root, "it", root.parent / "po", NOW)
    spoil(file)
    before = everything(root)
    for files in ([file], [beside, file]):
        with pytest.raises(Misconfigured, match=says) as refused:
            take_in(root, files)
        assert str(refused.value).startswith(f"{file}: ")
        assert str(refused.value).endswith("Nothing was changed.")
        assert "\n" not in str(refused.value)
    assert everything(root) == before


def test_a_good_file_is_not_taken_beside_a_bad_one(root: Path) -> None:
    file = edited(exported(root), translate("how", "Dica prima di tutto grazie."))
    bad = file.with_name("bad.po")
    bad.write_text("Buongiorno!")
    before = everything(root)
    for files in ([file, bad], [bad, file], [file, file]):
        with pytest.raises(Misconfigured):
            take_in(root, files)
        assert everything(root) == before
    assert take_in(root, [file])[0].changed == ("how",)


def test_english_that_has_changed_since_the_export(root: Path) -> None:
    file = exported(root)
    rewrite(root / FOLDER / "en.md", "Say thanks. Say it", "Say it")
    with pytest.raises(Misconfigured, match=r"not today's: .* changed since"):
        take_in(root, [file])
    rewrite(root / FOLDER / "en.md", "Say it in", "Say thanks. Say\nit in")
    assert take_in(root, [file])[0].changed == (), "wrapped anew it is the same English"


# whatever stands in them

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=60)
LINES = st.lists(TEXT | st.sampled_from(["- a: x", "  > y", "\\", '"', "\\n", "100 % sicuro", "{business}", "#~ x"]))


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES.map("\n".join), min_size=1, max_size=4))
def test_every_text_survives_the_file(texts: list[str]) -> None:
    sheet = Catalog(locale="it", charset="utf-8", fuzzy=False)
    for number, text in enumerate(texts):
        sheet.add(f"English {number}", text, context=f"a/b/c/{number}")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "x.po"
        with file.open("wb") as target:
            write_po(target, sheet, width=0)
        entries = read_sheet(file).entries
    assert [entry.translation for entry in entries.values()] == [text.strip() for text in texts]


BODY = st.lists(st.sampled_from(["Ciao.", "", " a", "- b", "  > c", "\x0cd", "e\u2028f", "È"]), max_size=5).map(
    "\n".join
)
STAMPS = st.sampled_from([" <!-- english: 0a1b2c3d -->", "", "  <!--english:0a1b2c3d-->  "])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(STAMPS, BODY), min_size=2, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\ufeff"]),
    st.integers(0, 3),
    BODY.filter(lambda body: bool(body.strip()) and "\x0c" not in body and "\u2028" not in body),
)
def test_a_page_is_changed_where_it_is_changed(
    blocks: list[tuple[str, str]], end: str, mark: str, place: int, new: str
) -> None:
    lines = [f"# T{blocks[0][0]}\n", *(f"## b{n}{stamp}\n{body}\n" for n, (stamp, body) in enumerate(blocks))]
    raw = mark + "".join(lines).replace("\n", end)
    there = taken_apart("".join(lines), "")
    page = PageFile(raw)
    assert page.as_bytes() == raw.encode()
    for name, passage in ((TITLE, there.title), *there.blocks.items()):
        assert page.put(name, passage.markdown, passage.made_from or "0a1b2c3d") == (not passage.made_from)
    name = f"b{place % len(blocks)}"
    assert page.put(name, new.strip(), "ffffffff")
    after = taken_apart(page.text.replace("\r\n", "\n"), "")
    assert after.blocks[name].markdown == new.strip()
    assert after.blocks[name].made_from == "ffffffff"
    assert (after.title.markdown, list(after.blocks)) == (there.title.markdown, list(there.blocks))
    assert all(after.blocks[one].markdown == there.blocks[one].markdown for one in there.blocks if one != name)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_file_that_was_hurt_is_refused_or_harmless(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        root = a_curriculum(Path(folder) / "curriculum")
        file = exported(root)
        content = file.read_bytes()
        for _ in range(data.draw(st.integers(1, 3))):
            start = data.draw(st.integers(0, len(content)))
            end = min(len(content), start + data.draw(st.sampled_from([0, 1, 5, 80, 400])))
            pieces = st.sampled_from(
                [b"", b'"', b"\n", b"\\", b"msgid ", b'msgstr ""\n', b"#, fuzzy\n", b"\xff", b"## x"]
            )
            content = content[:start] + data.draw(pieces | st.just(content[start:end] * 2)) + content[end:]
        file.write_bytes(content)
        before = everything(root)
        try:
            take_in(root, [file])
        except Misconfigured:
            assert everything(root) == before
        else:
            assert [one for one in load(root).problems if FOLDER in one.file] == []
            assert {name for name, was in before.items() if everything(root)[name] != was} <= {ITALIAN_PAGE}
