"""What the newest model makes of `tests/nlu/`: `make nlu-report`. Runs in Rasa's environment.

Prints the share that is right per language, the pairs that are mixed up most and the phrases that went worst, and
draws the confusion matrix to `var/nlu-report.png`.
"""

import asyncio
import logging
import sys
import warnings
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PICTURE = ROOT / "var" / "nlu-report.png"
MOST_PAIRS, MOST_PHRASES = 20, 25


async def main() -> None:
    """Ask the model for every phrase, and say what came of it."""
    import structlog
    from rasa.core.agent import Agent

    from tests.nlu.phrases import LANGUAGES, evaluated_on

    newest = max((ROOT / "models").glob("*.tar.gz"), key=lambda model: model.stat().st_mtime)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    agent = Agent.load(str(newest))
    pairs: Counter[tuple[str, str]] = Counter()
    worst: list[tuple[float, str, str, str, str]] = []
    for language in LANGUAGES:
        right = 0
        phrases = evaluated_on(language)
        for phrase in phrases:
            said = (await agent.parse_message(phrase.text))["intent"]
            pairs[phrase.intent, said["name"]] += 1
            right += said["name"] == phrase.intent
            if said["name"] != phrase.intent:
                worst.append((said["confidence"], language, phrase.text, phrase.intent, said["name"]))
        print(f"{language}: {right / len(phrases):.3f} of {len(phrases)} phrases")
    print("\nMixed up most (what was meant, what was understood):")
    mixed = [(pair, number) for pair, number in pairs.most_common() if pair[0] != pair[1]]
    for (meant, understood), number in mixed[:MOST_PAIRS]:
        print(f"  {number:3}  {meant} → {understood}")
    print("\nWrong, and sure of it:")
    for confidence, language, text, meant, understood in sorted(worst, reverse=True)[:MOST_PHRASES]:
        print(f"  {confidence:.2f}  {language}  “{text}”  {meant} → {understood}")
    draw(pairs)
    print(f"\nThe picture: {PICTURE.relative_to(ROOT)}")


def draw(pairs: "Counter[tuple[str, str]]") -> None:
    """The confusion matrix, each row as shares of what was meant."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    labels = sorted({label for pair in pairs for label in pair})
    rows = [[pairs[meant, understood] for understood in labels] for meant in labels]
    shares = [[number / (sum(row) or 1) for number in row] for row in rows]
    figure, axes = plt.subplots(figsize=(14, 13))
    axes.imshow(shares, cmap="Greens", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set_xlabel("understood")
    axes.set_ylabel("meant")
    for y, row in enumerate(rows):
        for x, number in enumerate(row):
            if number:
                axes.text(x, y, str(number), ha="center", va="center", fontsize=6)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    asyncio.run(main())
