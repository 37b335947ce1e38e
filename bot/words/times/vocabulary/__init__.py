"""The words of time in four languages."""

from bot.words.times.vocabulary.base import Vocabulary, any_of
from bot.words.times.vocabulary.english import ENGLISH
from bot.words.times.vocabulary.german import GERMAN
from bot.words.times.vocabulary.italian import ITALIAN
from bot.words.times.vocabulary.spanish import SPANISH

__all__ = ["VOCABULARIES", "Vocabulary", "any_of"]

VOCABULARIES: dict[str, Vocabulary] = {"en": ENGLISH, "it": ITALIAN, "de": GERMAN, "es": SPANISH}
