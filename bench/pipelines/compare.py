"""Train each pipeline on `nlu/` and judge it on `tests/nlu/`; one JSON line each. Runs in Rasa's environment:

    .venv-rasa/bin/python bench/pipelines/compare.py ours light diet

Every pipeline is trained and judged in processes of its own, so that times and memory are its own.
"""

import asyncio
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))
LANGUAGES = ("en", "it", "de", "es")
BINS = 10


def train(config: str, out: str) -> None:
    """One model, of the phrases only."""
    import rasa.model_training

    rasa.model_training.train_nlu(str(HERE / f"{config}.yml"), str(ROOT / "nlu"), out, fixed_model_name="model")


async def judge(model: str) -> dict:
    """What a model makes of the phrases it never saw, as written and typed carelessly."""
    from nlu.components.text import careless
    from tests.nlu.phrases import evaluated_on

    began = time.perf_counter()
    from rasa.core.agent import Agent

    imported = time.perf_counter()
    agent = Agent.load(model)
    loaded = time.perf_counter()
    dice, took, sure, figures = random.Random(7), [], [], {}
    for how in ("as written", "careless"):
        for language in LANGUAGES:
            right = hits = missed = invented = outside = caught = inside = refused = 0
            phrases = evaluated_on(language)
            for phrase in phrases:
                text = phrase.text if how == "as written" else " ".join(careless(phrase.text.split(), dice))
                start = time.perf_counter()
                said = await agent.parse_message(text)
                took.append(time.perf_counter() - start)
                guess = said["intent"]["name"]
                right += guess == phrase.intent
                sure.append((said["intent"]["confidence"], guess == phrase.intent))
                is_outside = phrase.intent == "out_of_scope"
                outside, caught = outside + is_outside, caught + (is_outside and guess == "out_of_scope")
                inside, refused = inside + (not is_outside), refused + (not is_outside and guess == "out_of_scope")
                if how == "as written":
                    seen = [(one["entity"], one["start"], one["end"]) for one in said["entities"]]
                    found = [true for true in phrase.entities if any(overlap(true, one) for one in seen)]
                    hits, missed = hits + len(found), missed + len(phrase.entities) - len(found)
                    invented += sum(not any(overlap(one, true) for true in phrase.entities) for one in seen)
            figures[f"{language}, {how}"] = {
                "intents": round(right / len(phrases), 3),
                "entities": round(2 * hits / max(1, 2 * hits + missed + invented), 3) if hits else None,
                "outside caught": round(caught / outside, 3),
                "inside refused": round(refused / inside, 3),
            }
    took.sort()
    return {
        "imports_s": round(imported - began, 1),
        "load_s": round(loaded - imported, 1),
        "p50_ms": round(1000 * took[len(took) // 2], 2),
        "p99_ms": round(1000 * took[len(took) * 99 // 100], 2),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "model_mb": round(Path(model).stat().st_size / 1e6, 1),
        "calibration_error": round(off(sure), 3),
        "figures": figures,
    }


def off(sure: "list[tuple[float, bool]]") -> float:
    """The expected calibration error: how far confidence is from the share that is right, over ten bins."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in sure:
        bins[min(BINS - 1, int(confidence * BINS))].append((confidence, right))
    gaps = (abs(sum(c for c, _ in one) - sum(r for _, r in one)) for one in bins if one)
    return sum(gaps) / len(sure)


def overlap(one: tuple, other: tuple) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]


def compare(config: str) -> dict:
    """Both steps, each in a fresh interpreter."""
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        me = [sys.executable, "-W", "ignore", __file__]
        subprocess.run([*me, "--train", config, out], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        training_s = time.perf_counter() - began
        model = next(Path(out).glob("*.tar.gz"))
        said = subprocess.run(
            [*me, "--judge", str(model)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return {"pipeline": config, "training_s": round(training_s), **json.loads(said.stdout.splitlines()[-1])}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    first = sys.argv[1:2]
    if first == ["--train"]:
        train(*sys.argv[2:4])
    elif first == ["--judge"]:
        print(json.dumps(asyncio.run(judge(sys.argv[2]))))
    else:
        for config in sys.argv[1:]:
            print(json.dumps(compare(config)), flush=True)
