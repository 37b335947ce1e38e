"""Names, places, trades, topics and times in a message: a conditional random field over folded words.

The trained field is stored in CRFsuite's own format and loaded, not trained again at every start.
"""

from __future__ import annotations

import json
import logging
import random
import time
from typing import Any, Dict, List, Sequence, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.text import careless, fold, pieces
from nlu.components.values import Values, examples, spans, standing_in

logger = logging.getLogger(__name__)

_FIELD, _LISTED = "entities.crfsuite", "listed.json"


def _shape(word: str) -> str:
    if word.isdigit():
        return "00" if len(word) <= 2 else "000"
    if not word.isalnum():
        return "mark"
    return "Up" if word.isupper() and len(word) > 1 else "Title" if word[0].isupper() else "low"


def signs(words: Sequence[str], listed: Dict[str, List[str]]) -> List[List[str]]:
    """What the field sees of each word: itself, its beginnings and ends, its shape, its neighbours, its tables."""
    folded = [fold(word) for word in words]
    standing = standing_in(folded, listed)
    near = ["^^", "^", *folded, "$", "$$"]
    seen = []
    for at, (word, plain) in enumerate(zip(words, folded)):
        before2, before, _, after, after2 = near[at : at + 5]
        mine = [
            "bias",
            f"w={plain}",
            f"s={_shape(word)}",
            f"-1={before}",
            f"+1={after}",
            f"-2={before2}",
            f"+2={after2}",
            f"-1w={before} {plain}",
            f"+1w={plain} {after}",
            f"-2-1={before2} {before}",
            f"+1+2={after} {after2}",
        ]
        mine += [f"a{size}={plain[:size]}" for size in (2, 3, 4) if len(plain) >= size]
        mine += [f"z{size}={plain[-size:]}" for size in (2, 3, 4) if len(plain) >= size]
        mine += [f"in={tag}" for tag in standing[at]]
        edged = f"<{plain}>"
        mine += [f"g={edged[i:i + 3]}" for i in range(len(edged) - 2)]
        if at:
            mine.append(f"-1s={_shape(words[at - 1])}")
        if at + 1 < len(words):
            mine.append(f"+1s={_shape(words[at + 1])}")
        seen.append(mine)
    return seen


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class FieldEntities(GraphComponent):
    """A linear-chain conditional random field, learnt from the examples, careless copies and copies with other values."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`c1`, `c2`: penalties; `iterations`: at most so many rounds; `copies` of an example with other values;
        `unlisted`: the share of examples that are learnt without a look into the tables, which never hold all."""
        return {"c1": 0.05, "c2": 0.02, "iterations": 80, "copies": 2, "unlisted": 0.35, "seed": 20}

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._tagger: Any = None
        self._listed: Dict[str, List[str]] = {}

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> FieldEntities:
        """An untrained extractor."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example; those without an entity teach what is none."""
        import pycrfsuite

        started = time.monotonic()
        dice = random.Random(self._config["seed"])
        values, plain = Values(training_data), list(examples(training_data))
        logger.info(f"Learning entities from {len(plain)} examples …")
        trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
        trainer.set_params(
            {
                "c1": self._config["c1"],
                "c2": self._config["c2"],
                "max_iterations": self._config["iterations"],
                "feature.possible_transitions": True,
            }
        )
        self._listed = values.listed()

        def learn(words: Sequence[str], tags: Sequence[str]) -> None:
            unlisted = dice.random() < self._config["unlisted"]
            trainer.append(signs(words, {} if unlisted else self._listed), tags)

        for example in plain:
            learn(example.words, example.tags)
            words, tags = values.exchanged(example, dice)
            learn(list(careless(words, dice)), tags)
            if any(tag != "O" for tag in example.tags):
                for _ in range(self._config["copies"]):
                    learn(*values.exchanged(example, dice))
        with self._storage.write_to(self._resource) as folder:
            (folder / _LISTED).write_text(json.dumps(self._listed))
            trainer.train(str(folder / _FIELD))
        self._open()
        logger.info(f"Entities learnt in {time.monotonic() - started:.0f} s.")
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the entities of each message, with their places in the text."""
        for message in messages:
            text = message.get(TEXT) or ""
            message.set(ENTITIES, message.get(ENTITIES, []) + self._find(text), add_to_output=True)
        return messages

    def _find(self, text: str) -> List[Dict[Text, Any]]:
        found = pieces(text)
        if not found or self._tagger is None:
            return []
        tags = self._tagger.tag(signs([p.text for p in found], self._listed))
        return [
            {
                "entity": entity,
                "value": text[found[first].start : found[last].end],
                "start": found[first].start,
                "end": found[last].end,
                "confidence_entity": self._tagger.marginal(tags[first], first),
                "extractor": type(self).__name__,
            }
            for entity, first, last in spans(tags)
        ]

    def _open(self) -> None:
        import pycrfsuite

        with self._storage.read_from(self._resource) as folder:
            self._stored = (folder / _FIELD).read_bytes()
            self._listed = json.loads((folder / _LISTED).read_text())
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(self._stored)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FieldEntities:
        """Read the trained field back."""
        self = cls(config, model_storage, resource)
        self._open()
        return self
