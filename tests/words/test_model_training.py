"""When the model is trained, and when not. A small stand-in takes Rasa's place."""

import os
import sys
from pathlib import Path

import pytest

from bot.errors import Misconfigured
from bot.words.train import environment, fingerprint, newest, train

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = """
import pathlib, sys

def main():
    args = sys.argv
    print("2026-01-01 INFO rasa  - Starting to train component 'LinearIntents'.")
    print("2026-01-01 INFO rasa  - Something that nobody needs to know.")
    if pathlib.Path("broken").exists():
        print("the reason")
        sys.exit(1)
    out = pathlib.Path(args[args.index("--out") + 1])
    out.joinpath(args[args.index("--fixed-model-name") + 1] + ".tar.gz").write_text(" ".join(args[1:]))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in (".venv-rasa/bin", "nlu/components", "rasa", "domain", "stories", "requirements"):
        (tmp_path / folder).mkdir(parents=True)
    python = tmp_path / ".venv-rasa/bin/python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "rasa/__main__.py").write_text(STAND_IN)
    (tmp_path / "nlu/components/child.py").write_text((ROOT / "nlu/components/child.py").read_text())
    for file in ("config.yml", "domain/people.yml", "stories/people.yml", "nlu/people.en.yml"):
        (tmp_path / file).write_text("version: 1")
    return tmp_path


def quietly(root: Path, *, force: bool = False) -> tuple[Path, str]:
    said: list[str] = []
    return train(force=force, root=root, say=said.append), "\n".join(said)


def test_the_first_training_makes_the_newest_model_and_tells_how_far_it_is(root: Path) -> None:
    model, said = quietly(root)
    assert newest(root / "models") == model
    assert model.name == f"twogether-{fingerprint(root)}.tar.gz"
    assert "--config config.yml --domain domain --data nlu stories" in model.read_text()
    assert "Starting to train component 'LinearIntents'." in said
    assert "nobody needs" not in said
    assert [path.name for path in (root / "models").iterdir()] == [model.name]


def test_nothing_new_trains_nothing(root: Path) -> None:
    model, _ = quietly(root)
    model.write_text("kept")
    again, said = quietly(root)
    assert (again, model.read_text()) == (model, "kept")
    assert "up to date" in said


def test_force_trains_anyway(root: Path) -> None:
    model, _ = quietly(root)
    model.write_text("old")
    quietly(root, force=True)
    assert model.read_text() != "old"


@pytest.mark.parametrize(
    "file",
    ["config.yml", "domain/people.yml", "stories/new.yml", "nlu/people.it.yml", "nlu/components/intents.py"],
)
def test_a_change_anywhere_trains(root: Path, file: str) -> None:
    model, _ = quietly(root)
    (root / file).write_text("changed: 1")
    other, _ = quietly(root)
    assert other != model
    assert newest(root / "models") == other


@pytest.mark.parametrize("file", ["nlu/components/__pycache__/intents.pyc", "nlu/notes.md", "domain/people.yml~"])
def test_what_the_model_is_not_made_of_changes_nothing(root: Path, file: str) -> None:
    before = fingerprint(root)
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text("changed")
    assert fingerprint(root) == before


def test_moving_a_line_to_another_file_is_a_change(root: Path) -> None:
    before = fingerprint(root)
    (root / "nlu/people.en.yml").rename(root / "nlu/people.de.yml")
    assert fingerprint(root) != before


def test_two_models_are_kept_and_an_old_state_finds_its_model_again(root: Path) -> None:
    models: list[Path] = []
    for number in range(3):
        (root / "config.yml").write_text(f"number: {number}")
        model, _ = quietly(root)
        os.utime(model, (number + 1, number + 1))
        models.append(model)
    assert set((root / "models").iterdir()) == set(models[1:])

    (root / "config.yml").write_text("number: 1")
    again, said = quietly(root)
    assert again == models[1]
    assert "up to date" in said
    assert newest(root / "models") == models[1]


def test_a_failing_training_says_why_and_keeps_the_old_model(root: Path) -> None:
    model, _ = quietly(root)
    (root / "broken").touch()
    (root / "config.yml").write_text("changed: 1")
    with pytest.raises(Misconfigured, match="the reason"):
        quietly(root)
    assert list((root / "models").iterdir()) == [model]


def test_without_rasa_it_says_what_to_do(root: Path) -> None:
    (root / ".venv-rasa/bin/python").unlink()
    with pytest.raises(Misconfigured, match="make setup"):
        quietly(root)


def test_rasa_gets_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWOGETHER_DATABASE_URL", "postgresql://me:secret@host/db")
    monkeypatch.setenv("PGPASSWORD", "secret")
    assert "secret" not in " ".join(environment().values())
