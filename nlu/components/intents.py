"""What a message is about: one linear model over folded words and letters, for all four languages.

Stored as plain arrays and a word list. Loading runs no code out of the model file, and needs neither
scikit-learn nor a second's time.
"""

from __future__ import annotations

import json
import logging
import random
import time
from typing import Any, Dict, List, Sequence, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.text import careless, grams
from nlu.components.values import Example, Values, examples, kind_grams

logger = logging.getLogger(__name__)

_RANKED = 5  # how many intents are reported besides the first


class _Counter:
    """Turns a text into weighted n-grams: rare ones count more, the whole has length 1."""

    def __init__(self, vocabulary: Sequence[str], rarity: np.ndarray, listed: Dict[str, List[str]]) -> None:
        self.vocabulary = vocabulary
        self.listed = listed
        self.rarity = rarity
        self._place = {gram: place for place, gram in enumerate(vocabulary)}

    @classmethod
    def of(cls, texts: Sequence[str], listed: Dict[str, List[str]], at_least: int = 2) -> _Counter:
        seen: Dict[str, int] = {}
        for text in texts:
            for gram in grams(text) | kind_grams(text, listed):
                seen[gram] = seen.get(gram, 0) + 1
        vocabulary = sorted(gram for gram, count in seen.items() if count >= at_least)
        counts = np.array([seen[gram] for gram in vocabulary], dtype=np.float32)
        return cls(vocabulary, np.log((1 + len(texts)) / (1 + counts)) + 1, listed)

    def weigh(self, text: str) -> Tuple[np.ndarray, np.ndarray]:
        """Places and weights of the known n-grams of a text; both empty when none is known."""
        seen = grams(text) | kind_grams(text, self.listed)
        places = np.array(sorted(self._place[gram] for gram in seen if gram in self._place), dtype=np.int32)
        weights = self.rarity[places]
        return places, weights / (np.linalg.norm(weights) or 1)

    def known(self, text: str) -> float:
        """The share of a text's n-grams ever seen (0 to 1): low for another script, for "xxxxx", for emoji."""
        seen = grams(text, letters_only=True)
        return sum(gram in self._place for gram in seen) / len(seen) if seen else 0.0

    def table(self, texts: Sequence[str]) -> Any:
        """The texts as rows of a sparse matrix."""
        from scipy.sparse import csr_matrix

        rows = [self.weigh(text) for text in texts]
        ends = np.cumsum([0] + [len(places) for places, _ in rows])
        return csr_matrix(
            (np.concatenate([w for _, w in rows]), np.concatenate([p for p, _ in rows]), ends),
            shape=(len(texts), len(self.vocabulary)),
        )


def _signs(margins: np.ndarray, beside: int, known: Any) -> np.ndarray:
    """What tells whether the first guess is right: its margin, its lead, its lead on `out_of_scope`, and the share
    of the text that is known at all."""
    ordered = np.sort(margins, axis=-1)
    top, second = ordered[..., -1], ordered[..., -2]
    return np.stack([top, top - second, top - margins[..., beside], known], axis=-1)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntents(GraphComponent, IntentClassifier):
    """A linear support vector machine; its confidence is the chance, seen in cross-validation, of being right."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`C`: how closely to follow the examples; `noisy_copies` per example; `folds` for the confidence."""
        return {"C": 0.7, "noisy_copies": 2, "folds": 2, "seed": 20}

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._labels: List[str] = []

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> LinearIntents:
        """An untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example with an intent, and from a carelessly typed copy of it."""
        started = time.monotonic()
        given = [example for example in examples(training_data) if example.intent]
        self._labels = sorted({example.intent for example in given})
        self._values = Values(training_data)
        number = {label: place for place, label in enumerate(self._labels)}
        wanted = np.array([number[example.intent] for example in given])
        logger.info(f"Learning {len(self._labels)} intents from {len(given)} examples …")

        margins = np.zeros((len(given), len(self._labels)), dtype=np.float32)
        known = np.zeros(len(given), dtype=np.float32)
        folds = np.random.RandomState(self._config["seed"]).randint(0, self._config["folds"], len(given))
        for fold in range(self._config["folds"]):
            held = folds == fold
            counter, weights, bias = self._fit([e for e, h in zip(given, held) if not h], wanted[~held])
            unseen = [example.text for example, h in zip(given, held) if h]
            margins[held] = counter.table(unseen) @ weights + bias
            known[held] = [counter.known(text) for text in unseen]
            right = (margins[held].argmax(axis=1) == wanted[held]).mean()
            logger.info(f"  part {fold + 1} of {self._config['folds']}: {right:.3f} right on unseen examples")
        self._learn_confidence(margins, wanted, known)

        self._counter, self._weights, self._bias = self._fit(given, wanted)
        self._persist()
        logger.info(f"Intents learnt in {time.monotonic() - started:.0f} s.")
        return self._resource

    def _fit(self, given: List[Example], wanted: np.ndarray) -> Tuple[_Counter, np.ndarray, np.ndarray]:
        from sklearn.svm import LinearSVC

        dice = random.Random(self._config["seed"])
        copies = self._config["noisy_copies"]
        spoilt = [
            " ".join(careless(self._values.exchanged(example, dice)[0], dice))
            for _ in range(copies)
            for example in given
        ]
        every, labels = [example.text for example in given] + spoilt, np.tile(wanted, 1 + copies)
        counter = _Counter.of(every, self._values.listed())
        machine = LinearSVC(C=self._config["C"], random_state=self._config["seed"], dual=True, tol=1e-3)
        machine.fit(counter.table(every), labels)
        # A label that this part of the examples lacks must never win.
        weights = np.zeros((len(counter.vocabulary), len(self._labels)), dtype=np.float32)
        bias = np.full(len(self._labels), -9, dtype=np.float32)
        weights[:, machine.classes_] = machine.coef_.T
        bias[machine.classes_] = machine.intercept_
        return counter, weights, bias

    def _learn_confidence(self, margins: np.ndarray, wanted: np.ndarray, known: np.ndarray) -> None:
        from sklearn.linear_model import LogisticRegression

        right = margins.argmax(axis=1) == wanted
        head = LogisticRegression(C=10.0).fit(_signs(margins, self._beside, known), right)
        self._head = np.concatenate([head.coef_[0], head.intercept_]).astype(np.float32)

    @property
    def _beside(self) -> int:
        return self._labels.index("out_of_scope") if "out_of_scope" in self._labels else 0

    def process(self, messages: List[Message]) -> List[Message]:
        """Set the intent and the runners-up of each message."""
        for message in messages:
            ranking = self._rank(message.get(TEXT) or "")
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _rank(self, text: str) -> List[Dict[Text, Any]]:
        known = self._counter.known(text)
        if not known:  # not one known letter pair: another script, a strange emoji, nothing at all
            return [{"name": "out_of_scope", "confidence": 0.0}]
        places, weights = self._counter.weigh(text)
        margins = weights @ self._weights[places].astype(np.float32) + self._bias
        signs = _signs(margins, self._beside, known)
        sure = float(1 / (1 + np.exp(-(signs @ self._head[:-1] + self._head[-1]))))
        order = np.argsort(-margins)[: _RANKED + 1]
        rest = np.exp(4 * (margins[order[1:]] - margins[order[0]]))
        rest = (1 - sure) * rest / (rest.sum() or 1)
        # A runner-up never comes before the first, whatever the confidence in the first.
        shares = [sure, *(float(min(share, sure)) for share in rest)]
        return [{"name": self._labels[place], "confidence": share} for place, share in zip(order, shares)]

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / "intents.npz",
                rarity=self._counter.rarity.astype(np.float32),
                weights=self._weights.astype(np.float16),
                bias=self._bias,
                head=self._head,
            )
            (folder / "intents.json").write_text(
                json.dumps(
                    {
                        "labels": self._labels,
                        "vocabulary": list(self._counter.vocabulary),
                        "listed": self._counter.listed,
                    }
                )
            )

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntents:
        """Read the arrays back."""
        self = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            words = json.loads((folder / "intents.json").read_text())
            with np.load(folder / "intents.npz", allow_pickle=False) as arrays:
                self._counter = _Counter(words["vocabulary"], arrays["rarity"], words["listed"])
                self._weights, self._bias, self._head = arrays["weights"], arrays["bias"], arrays["head"]
        self._labels = words["labels"]
        return self
