"""Where in an entry's texts the words were found. Pure but for the entry's values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quanshu.supply.catalogue.search import tokens
from quanshu.supply.catalogue.search.types import Mark, Place

SNIPPET = 60
MOST_MARKS = 4


def texts_to_mark(said: dict[str, object]) -> Iterator[tuple[Place, str]]:
    """An entry's texts, the weightiest first; `said` as `queries.snapshot_of` gives it."""
    yield Place.TITLE, str(said["resource_name"])
    yield Place.TITLE, str(said["name_en"])
    yield Place.CODE, str(said["code"])
    for item in said["items"]:  # type: ignore[attr-defined]
        yield Place.ITEM, item["title"]
        yield Place.ITEM, item["name"]
        yield Place.ITEM, item["title_en"]
    yield Place.UNIT, str(said["provider_name"])
    yield Place.UNIT, str(said.get("provider_name_en", ""))
    yield Place.ABSTRACT, str(said["abstract"])
    yield Place.ABSTRACT, str(said["abstract_en"])


def marks_of(said: dict[str, object], text: str) -> tuple[tuple[Mark, ...], bool]:
    """(marks, whether some were only heard). The title is always the first mark."""
    sought = tokens.words(text)
    left = set(sought)
    found: list[Mark] = []
    for place, content in texts_to_mark(said):
        spans, met = spans_in(content, sought)
        if place == Place.TITLE or left & met:
            found.append(Mark(place, content, spans))
        left -= met
    heard = bool(left)
    if left:
        found += [mark for mark in heard_marks(said, sorted(left)) if mark.spans]
    return merge(found), heard


def spans_in(content: str, words: Sequence[str]) -> tuple[tuple[tuple[int, int], ...], set[str]]:
    """Stretches of a text that are one of the words, and the words met; long words also by their pairs."""
    low = content.lower()
    spans: list[tuple[int, int]] = []
    met: set[str] = set()
    for word in words:
        shown = word.replace("_", "/") if tokens.CODE.fullmatch(word.replace("_", "/")) else word
        stretches = [shown]
        if shown not in low and tokens.is_han(word) and len(word) > 2:
            stretches = [word[at : at + 2] for at in sorted({*range(0, len(word) - 1, 2), len(word) - 2})]
        hits = [span for stretch in stretches for span in each(low, stretch)]
        if hits:
            met.add(word)
            spans += hits
    return joined(spans), met


def each(low: str, word: str) -> Iterator[tuple[int, int]]:
    """Every place of a word; a word of letters only where a word begins."""
    at = low.find(word)
    while at >= 0:
        begins = at == 0 or not (low[at - 1].isascii() and low[at - 1].isalnum())
        if not word[0].isascii() or begins:
            yield at, at + len(word)
        at = low.find(word, at + 1)


def joined(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Stretches in order, those that touch made one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def heard_marks(said: dict[str, object], words: Sequence[str]) -> Iterator[Mark]:
    """Where the remaining words sound: each in the first text it is heard in."""
    for word in words:
        for place, content in texts_to_mark(said):
            span = heard_in(content, word)
            if span:
                yield Mark(place, content, (span,))
                break


def heard_in(content: str, word: str) -> tuple[int, int] | None:
    """The stretch that sounds like the word, or an English word a letter away; None when there is none."""
    for match in tokens.RUN.finditer(content):
        if not match.group(1):
            written = match.group().lower()
            if len(word) >= tokens.SHORTEST_TYPO and one_letter_away(written, word):
                return match.span()
            continue
        span = aligned(tokens.syllables_of(match.group(1)), word)
        if span:
            return match.start() + span[0], match.start() + span[1]
    return None


def aligned(syllables: Sequence[str], word: str) -> tuple[int, int] | None:
    """(start, end) of the syllables that a word spells: in full, begun, by initials, or one letter away."""
    if tokens.is_han(word):
        wanted = tokens.syllables_of(word)
        return window(syllables, wanted)
    first = "".join(part[0] for part in syllables)
    for cut in tokens.readings(word):
        span = window(syllables, cut, begun=True)
        if span:
            return span
    at = first.find(word)
    if at >= 0:
        return at, at + len(word)
    if len(word) < tokens.SHORTEST_TYPO:
        return None
    for start in range(len(syllables)):
        for end in range(start + 1, len(syllables) + 1):
            spelt = "".join(syllables[start:end])
            if len(spelt) > len(word) + 1:
                break
            if one_letter_away(spelt, word):
                return start, end
    return None


def window(syllables: Sequence[str], wanted: Sequence[str], *, begun: bool = False) -> tuple[int, int] | None:
    """Where syllables stand in a row; with `begun` the last may be only begun."""
    width = len(wanted)
    for at in range(len(syllables) - width + 1):
        part = syllables[at : at + width]
        last = part[-1].startswith(wanted[-1]) if begun else part[-1] == wanted[-1]
        if last and tuple(part[:-1]) == tuple(wanted[:-1]):
            return at, at + width
    return None


def one_letter_away(one: str, two: str) -> bool:
    """Whether two words differ by at most one letter or two swapped neighbours."""
    if one == two:
        return True
    if len(one) > len(two):
        one, two = two, one
    if len(two) - len(one) > 1:
        return False
    at = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), len(one))
    if len(one) < len(two):
        return one[at:] == two[at + 1 :]
    swapped = one[:at] + one[at + 1 : at + 2] + one[at] + one[at + 2 :]
    return one[at + 1 :] == two[at + 1 :] or swapped == two


def merge(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """One mark a text; the titles first, then at most a few others, long texts cut around what was found."""
    texts: dict[tuple[Place, str], list[tuple[int, int]]] = {}
    for mark in marks:
        texts.setdefault((mark.place, mark.text), []).extend(mark.spans)
    found = [snippet(Mark(place, text, joined(spans))) for (place, text), spans in texts.items() if text]
    titles = [mark for mark in found if mark.place == Place.TITLE]
    return (*titles, *[mark for mark in found if mark.place != Place.TITLE and mark.spans][:MOST_MARKS])


def snippet(mark: Mark) -> Mark:
    """A long text cut around its first stretch."""
    if mark.place != Place.ABSTRACT or len(mark.text) <= 2 * SNIPPET or not mark.spans:
        return mark
    start = max(mark.spans[0][0] - SNIPPET // 2, 0)
    end = min(start + 2 * SNIPPET, len(mark.text))
    head, tail = "…" if start else "", "…" if end < len(mark.text) else ""
    spans = tuple(
        (one - start + len(head), min(two, end) - start + len(head)) for one, two in mark.spans if start <= one < end
    )
    return Mark(mark.place, f"{head}{mark.text[start:end]}{tail}", spans)
