"""What codes are called on the screen: a word, a tone (colour) and an icon for each."""

from collections.abc import Mapping

from web.words import counter, post
from web.words.base import BAD, GOOD, MOVING, NEUTRAL, WARN, Word

__all__ = ["BAD", "GOOD", "MOVING", "NEUTRAL", "TABLES", "WARN", "Word", "word_of"]

TABLES: Mapping[str, Mapping[str, Word]] = {**post.TABLES, **counter.TABLES}


def word_of(kind: str, code: str) -> Word:
    """Give the word of a code; a code that no table knows is shown as it is, never hidden."""
    return TABLES[kind].get(code) or Word(code, NEUTRAL, "question-circle")
