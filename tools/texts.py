"""Collect the texts of the code into the catalogues: `make texts`.

English is the key, so its catalogue fills itself. In the others a new text appears empty, one that is no longer
used goes, and the tests fail until every text is translated.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "bot" / "locales"
LANGUAGES = ("en", "it", "de", "es")
KEYWORDS = {"t": None, "plain": None, "N_": None, "self": None, "Refused": None, "Forged": None, "n": (1, 2)}


def collect() -> Catalog:
    """Every text in the code, with the files that use it."""
    found = Catalog(project="twogether", charset="utf-8")
    texts = extract_from_dir(ROOT / "bot", [("**.py", "python")], keywords=KEYWORDS)
    for file, _line, message, comments, context in texts:
        if message and all(message):
            found.add(message, locations=[(f"bot/{file}", 0)], auto_comments=comments, context=context)
    return found


def update(language: str, texts: Catalog) -> int:
    """Bring one catalogue in line with the code; returns how many texts are not translated."""
    file = LOCALES / language / "LC_MESSAGES" / "twogether.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    old = read_po(file.open("rb"), locale=language) if file.exists() else Catalog(locale=language)
    new = Catalog(locale=language, project="twogether", charset="utf-8", fuzzy=False, header_comment="")
    missing = 0
    for message in sorted((one for one in texts if one.id), key=lambda one: str(one.id)):
        known = old.get(message.id)
        string = known.string if known and not known.fuzzy else ""
        if language == "en":
            string = tuple(message.id) if message.pluralizable else message.id
        if not string or (message.pluralizable and not all(string)):
            missing += 1
            string = ("",) * new.num_plurals if message.pluralizable else ""
        files = sorted({(name, 0) for name, _ in message.locations})
        new.add(message.id, string, locations=files)
    new.creation_date = new.revision_date = None  # a date would change with every run
    with file.open("wb") as out:
        write_po(out, new, width=110, include_lineno=False, omit_header=False)
    text = "\n".join(
        line
        for line in file.read_text(encoding="utf-8").splitlines()
        if not line.startswith(
            ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Last-Translator', '"Language-Team')
        )
    )
    file.write_text(text.lstrip("\n") + "\n", encoding="utf-8")
    return missing


def main() -> int:
    texts = collect()
    left = {language: update(language, texts) for language in LANGUAGES}
    for language, missing in left.items():
        print(f"{language}: {len(texts)} texts, {missing} to translate")  # noqa: T201
    return 1 if any(left.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
