"""Train Rasa's model, unless the newest one was made of exactly these files."""

import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.errors import Misconfigured
from bot.settings import ROOT

KEPT = 2  # models, the newest and the one before
_MADE_OF = ("config.yml", "domain", "nlu", "stories", "requirements/rasa.txt")
_SUFFIXES = {".yml", ".py", ".txt"}
# Rasa's own lines that tell how far it is, and ours from nlu/components.
_TELLING = ("Starting to train component", "Finished training component", "nlu.components", "Error", "error")


def train(*, force: bool = False, root: Path = ROOT, say: Callable[[str], None] = print) -> Path:
    """Train if anything changed and return the model's path; `say` is told how far it is.

    Raises Misconfigured when Rasa's environment is missing or the training fails.
    """
    models = root / "models"
    model = models / f"twogether-{fingerprint(root)}.tar.gz"
    if model.exists() and not force:
        os.utime(model)  # files that went back to an older state make that state's model the newest
        say(f"The language model is up to date ({model.name}).")
        return model
    models.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=models) as out:
        os.replace(_train(root, Path(out), say), model)
    for old in sorted(_models(models), key=_age)[KEPT:]:
        old.unlink()
    return model


def newest(models: Path) -> Path | None:
    """The model to run; None when none was trained."""
    return min(_models(models), key=_age, default=None)


def fingerprint(root: Path) -> str:
    """12 hex digits that change when anything changes that the model is made of."""
    digest = hashlib.sha256()
    for file in sorted(_files(root)):
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def rasa_python(root: Path = ROOT) -> Path:
    """The interpreter of Rasa's own environment.

    Raises Misconfigured when it is not there.
    """
    python = root / ".venv-rasa" / "bin" / "python"
    if not python.exists():
        raise Misconfigured("Rasa's environment .venv-rasa is missing: `make setup` creates it.")
    return python


def environment() -> dict[str, str]:
    """What Rasa may know of our environment: where things are. No token, no address, and no telemetry."""
    passed = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    return passed | {
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_MAX_CACHE_SIZE": "0",  # trained in seconds: nothing worth keeping
        "SANIC_WORKERS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _train(root: Path, out: Path, say: Callable[[str], None]) -> Path:
    command = [str(rasa_python(root)), "-m", "nlu.components.child", "train", "--config", "config.yml"]
    command += ["--domain", "domain", "--data", "nlu", "stories", "--out", str(out), "--fixed-model-name", "new"]
    began = time.monotonic()
    say("Training the language model: two or three minutes. Starting Rasa …")
    log: list[str] = []
    with subprocess.Popen(  # noqa: S603 (our own interpreter and arguments)
        command,
        cwd=root,
        env=environment() | {"LOG_LEVEL": "INFO"},
        stdin=subprocess.PIPE,  # held open: Rasa leaves when it closes
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as rasa:
        assert rasa.stdout is not None
        for line in rasa.stdout:
            log.append(line.rstrip())
            if told := _progress(line):
                say(f"  {time.monotonic() - began:3.0f} s  {told}")
    made = out / "new.tar.gz"
    if rasa.returncode or not made.exists():
        raise Misconfigured("The language model could not be trained. Rasa's last words:\n" + "\n".join(log[-15:]))
    say(f"The language model is trained ({time.monotonic() - began:.0f} s).")
    return made


def _progress(line: str) -> str:
    """A line of Rasa's log as one for people, "" for the many that say nothing."""
    if not any(mark in line for mark in _TELLING):
        return ""
    return line.strip().rpartition("  - ")[2]


def _files(root: Path) -> Iterator[Path]:
    for name in _MADE_OF:
        path = root / name
        if path.is_file():
            yield path
        for file in path.rglob("*") if path.is_dir() else ():
            if file.suffix in _SUFFIXES and "__pycache__" not in file.parts:
                yield file


def _models(models: Path) -> list[Path]:
    return list(models.glob("*.tar.gz"))


def _age(model: Path) -> float:
    return -model.stat().st_mtime
