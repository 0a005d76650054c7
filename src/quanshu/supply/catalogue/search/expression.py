"""What to look for, as an expression of phrases, and its text for FTS5 and for PostgreSQL. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quanshu.supply.catalogue.search import tokens

COLUMNS = ("title", "items", "unit", "abstract")
WEIGHTS = dict(zip(COLUMNS, "ABCD", strict=True))
MOST_VARIANTS = 400


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens next to each other; the last may be only a beginning."""

    tokens: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Sought:
    """Every word must be found; each by any one of its phrases."""

    words: tuple[tuple[Phrase, ...], ...]

    def __bool__(self) -> bool:
        return bool(self.words) and all(self.words)


def exact(text: str) -> Sought:
    """The words as written."""
    return Sought(tuple((written(word),) for word in tokens.words(text)))


def written(word: str) -> Phrase:
    """A word as written: characters as a phrase of pairs, letters as the beginning of a word."""
    if tokens.is_han(word):
        return Phrase(tuple(tokens.pairs(word)[:-1]) or (word,), prefix=len(word) == 1)
    return Phrase((word,), prefix=len(word) > 1)


def loose(text: str) -> Sought:
    """Long runs of characters in pairs, wherever each stands."""
    found: list[tuple[Phrase, ...]] = []
    for word in tokens.words(text):
        if tokens.is_han(word) and len(word) > 2:
            starts = sorted({*range(0, len(word) - 1, 2), len(word) - 2})
            found += [(Phrase((word[at : at + 2],)),) for at in starts]
        else:
            found.append((written(word),))
    return Sought(tuple(found))


def sounding(text: str) -> Sought:
    """The words as they sound: other characters read the same, pinyin in full or begun, initials."""
    return Sought(tuple((written(word), *heard(word)) for word in tokens.words(text)))


def heard(word: str) -> list[Phrase]:
    """The ways a word may sound in Chinese."""
    if tokens.is_han(word):
        return [spoken(tokens.syllables_of(word))] if len(word) > 1 else []
    if not tokens.is_latin(word):
        return []
    return [*(spoken(cut) for cut in tokens.readings(word)), initials(word)]


def spoken(syllables: Sequence[str]) -> Phrase:
    """Syllables as a phrase of their pairs; one alone is the beginning of a pair."""
    found = tokens.pairs(syllables, "-")[:-1] or [syllables[0]]
    return Phrase(tuple(f"~{pair}" for pair in found), prefix=True)


def initials(word: str) -> Phrase:
    """Letters as the initials of characters in a row."""
    width = tokens.LONGEST_GRAM
    grams = [word[at : at + width] for at in range(max(len(word) - width, 0) + 1)]
    return Phrase(tuple(f"^{gram}" for gram in grams), prefix=True)


def mistyped(text: str) -> Sought:
    """Words of letters with one letter wrong, missing or too many, as English words and as pinyin."""
    found: list[tuple[Phrase, ...]] = []
    for word in tokens.words(text):
        fits = tokens.is_latin(word) and tokens.SHORTEST_TYPO <= len(word) <= tokens.LONGEST_TYPO
        found.append((written(word), *heard(word), *(near(word) if fits else ())))
    return Sought(tuple(found))


def near(word: str) -> list[Phrase]:
    """Phrases one letter away from a word."""
    variants = tokens.typos(word)
    said = [spoken(cuts[0]) for variant in variants if (cuts := tokens.readings(variant, whole=True))]
    return [*said[:MOST_VARIANTS], *(Phrase((variant,)) for variant in variants)]


def fts5(sought: Sought, columns: Sequence[str]) -> str:
    """The expression as SQLite's FTS5 reads it, within some columns."""

    def phrase(one: Phrase) -> str:
        return f'"{" ".join(one.tokens)}"{" *" if one.prefix else ""}'

    parts = (" OR ".join(phrase(one) for one in word) for word in sought.words)
    return f"{{{' '.join(columns)}}} : ({' AND '.join(f'({part})' for part in parts)})"


def tsquery(sought: Sought, columns: Sequence[str]) -> str:
    """The expression as PostgreSQL's tsquery reads it, within the columns' weights."""
    weights = "".join(WEIGHTS[column] for column in columns)

    def phrase(one: Phrase) -> str:
        last = len(one.tokens) - 1
        stars = ("*" if one.prefix and at == last else "" for at in range(last + 1))
        parts = [f"'{token}':{star}{weights}" for token, star in zip(one.tokens, stars, strict=True)]
        return " <-> ".join(parts)

    parts = (" | ".join(phrase(one) for one in word) for word in sought.words)
    return " & ".join(f"({part})" for part in parts)
