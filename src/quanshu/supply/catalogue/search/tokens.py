"""Tokens of text and of what people type: characters, pairs of characters, words, and how they sound. Pure.

A run of Chinese characters becomes its overlapping pairs and its last character, in order, so that any stretch of two
or more is found as a phrase and one character as the beginning of a pair. Sounds (pinyin without tones) are paired the
same way under "~"; "^" begins the initials of up to four characters in a row.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from pypinyin import lazy_pinyin

MOST_WORDS = 8
MOST_LETTERS = 40
LONGEST_GRAM = 4
LONGEST_TOKEN = 60
LONGEST_SYLLABLE = 6
MOST_READINGS = 4
SHORTEST_TYPO = 4
LONGEST_TYPO = 24
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
RUN = re.compile(rf"([{HAN}]+)|([^\W{HAN}]+)")
CODE = re.compile(r"\d+(?:/\d+)+")


def plain(text: str) -> str:
    """Text as it is compared: full-width forms folded (NFKC), lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def title_key(text: str) -> str:
    """A title reduced to its letters, digits and characters, to find the very same title."""
    return "".join(match.group() for match in RUN.finditer(plain(text))).replace("_", "")[:100]


def is_han(run: str) -> bool:
    """Whether a run is of Chinese characters."""
    return RUN.fullmatch(run) is not None and RUN.fullmatch(run).group(1) is not None  # type: ignore[union-attr]


def runs(text: str) -> list[str]:
    """Stretches of Chinese characters and words of letters or digits, in order; a resource code is one word."""
    joined = CODE.sub(lambda match: match.group().replace("/", "_"), plain(text))
    return [match.group() for match in RUN.finditer(joined)]


def pairs(parts: Sequence[str], join: str = "") -> list[str]:
    """Overlapping pairs, and the last part alone."""
    return [*(f"{one}{join}{two}" for one, two in pairwise(parts)), parts[-1]]


def text_tokens(text: str) -> list[str]:
    """Tokens of a text in their order."""
    found: list[str] = []
    for run in runs(text):
        if is_han(run):
            found += pairs(run)
        else:
            found.append(run[:LONGEST_TOKEN])
            parts = [part for part in run.split("_") if part]
            found += [part[:LONGEST_TOKEN] for part in parts] if len(parts) > 1 else []
    return found


@lru_cache(maxsize=65536)
def syllables_of(run: str) -> tuple[str, ...]:
    """How a run of characters is read, one syllable a character, without tones."""
    return tuple(re.sub(r"[^a-z]", "", part.lower()) or "_" for part in lazy_pinyin(run, errors=list))  # type: ignore[arg-type]


@lru_cache(maxsize=65536)
def sounds_of_run(run: str) -> tuple[str, ...]:
    """Pairs of syllables and grams of initials of one run."""
    syllables = syllables_of(run)
    initials = "".join(part[0] for part in syllables)
    grams = [f"^{initials[at : at + LONGEST_GRAM]}" for at in range(len(initials))]
    return (*(f"~{pair}" for pair in pairs(syllables, "-")), *grams)


def sound_tokens(text: str) -> list[str]:
    """How the Chinese of a text sounds."""
    return [token for run in runs(text) if is_han(run) for token in sounds_of_run(run)]


def document(*texts: str, sound: bool = True) -> str:
    """One column of the index: the tokens of texts, and how they sound."""
    found = [token for text in texts for token in text_tokens(text)]
    if sound:
        found += [token for text in texts for token in sound_tokens(text)]
    return " ".join(found)


@lru_cache(maxsize=1)
def syllable_set() -> frozenset[str]:
    """Every syllable a common character is read as."""
    read = {syllables_of(chr(code))[0] for code in range(0x4E00, 0x9FA6)}
    return frozenset(part for part in read if set(part) & set("aeiouv") and len(part) <= LONGEST_SYLLABLE)


@lru_cache(maxsize=1)
def beginnings() -> frozenset[str]:
    """Every beginning of a syllable."""
    return frozenset(part[:width] for part in syllable_set() for width in range(1, len(part) + 1))


def readings(letters: str, *, whole: bool = False) -> list[tuple[str, ...]]:
    """Letters cut into syllables, the longest first; the last may be begun only, unless `whole`."""
    found: list[tuple[str, ...]] = []
    walk = _cuts(letters, whole=whole)
    for cut in walk:
        found.append(cut)
        if len(found) == MOST_READINGS:
            break
    return sorted(found, key=len)


def _cuts(letters: str, *, whole: bool) -> Iterator[tuple[str, ...]]:
    known = syllable_set()
    if letters in known or (not whole and letters in beginnings()):
        yield (letters,)
    for width in range(min(LONGEST_SYLLABLE, len(letters) - 1), 0, -1):
        if letters[:width] in known:
            for rest in _cuts(letters[width:], whole=whole):
                yield (letters[:width], *rest)


def typos(word: str) -> list[str]:
    """Words one letter away: one left out, one too many, one wrong, or two neighbours swapped."""
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    letters = string.ascii_lowercase
    found = {left + right[1:] for left, right in splits if right}
    found |= {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    found |= {left + letter + right[1:] for left, right in splits if right for letter in letters}
    found |= {left + letter + right for left, right in splits for letter in letters}
    return sorted(found - {word})


def words(text: str) -> list[str]:
    """What someone typed, as runs to look for; at most eight."""
    return [run[:MOST_LETTERS] for run in runs(text.replace("'", ""))][:MOST_WORDS]


def is_latin(word: str) -> bool:
    """Whether a word is of the letters pinyin is typed with."""
    return bool(re.fullmatch(r"[a-z]{2,}", word))
