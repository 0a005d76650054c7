"""Groups of records that are one party: links above a threshold, held back by identifiers and by stewards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from quanshu.lake.linking.types import Conflict, Cut, Decision, Grouping, RecordInfo, Review

Edge = tuple[float, str, str]


class _Parts:
    """Disjoint sets of records, each with its identifiers and the records that may not join it."""

    def __init__(self, infos: Mapping[str, RecordInfo], alias: Mapping[str, str]) -> None:
        self.parent = {record: record for record in infos}
        self.size = dict.fromkeys(infos, 1)
        self.alias = alias
        self.identifier = {r: alias.get(i.identifier, i.identifier) for r, i in infos.items() if i.identifier}
        self.apart: dict[str, set[str]] = defaultdict(set)

    def root(self, record: str) -> str:
        """The record that stands for the whole set."""
        top = record
        while self.parent[top] != top:
            top = self.parent[top]
        while self.parent[record] != top:
            self.parent[record], record = top, self.parent[record]
        return top

    def hold_apart(self, left: str, right: str) -> None:
        """Never join the sets of the two."""
        a, b = self.root(left), self.root(right)
        self.apart[a].add(right)
        self.apart[b].add(left)

    def why_not(self, left: str, right: str) -> Conflict | None:
        """What forbids joining the sets of the two."""
        a, b = self.root(left), self.root(right)
        if len(self.apart[a]) > len(self.apart[b]):
            a, b = b, a
        if any(self.root(other) == b for other in self.apart[a]):
            return Conflict.DECIDED_APART
        one, two = self.identifier.get(a), self.identifier.get(b)
        return Conflict.TWO_IDENTIFIERS if one and two and one != two else None

    def join(self, left: str, right: str) -> None:
        """Make one set of two."""
        a, b = self.root(left), self.root(right)
        if a == b:
            return
        if self.size[a] < self.size[b]:
            a, b = b, a
        self.parent[b] = a
        self.size[a] += self.size.pop(b)
        self.apart[a] |= self.apart.pop(b, set())
        if b in self.identifier:
            self.identifier.setdefault(a, self.identifier.pop(b))


def group(
    pairs: pa.Table,
    records_info: Iterable[RecordInfo],
    *,
    threshold: float,
    decisions: Sequence[Decision] = (),
) -> Grouping:
    """Connected components of the pairs at or above `threshold`, within these bounds:

    1. What a steward decided holds: `same` links are made first, whatever the records say (two identifiers joined
       so count as one from then on); records decided apart are never in one group, also not by way of others.
       A `same` decision that would join what was decided apart is not followed, and reviewed as a contradiction.
    2. A group holds no two different valid identifiers, unless a decision joined them.
    3. Links are made from the most probable to the least, those of equal probability in the order of the records'
       names; one that would break a bound is cut. So the weakest links are cut, and the order of `pairs` is of no
       matter.

    Two records of a source that declares one row a party are left together, and reported for review. Pairs and
    decisions on records that `records_info` does not name are passed over.
    """
    infos = {info.record: info for info in sorted(records_info, key=lambda info: info.record)}
    decided = {tuple(sorted((d.left, d.right))): d.same for d in decisions if {d.left, d.right} <= infos.keys()}
    same = sorted(pair for pair, together in decided.items() if together)
    parts = _Parts(infos, _aliases(infos, same))
    for (left, right), together in decided.items():
        if not together:
            parts.hold_apart(left, right)
    reviews = []
    for left, right in same:
        if parts.why_not(left, right) is Conflict.DECIDED_APART:
            reviews.append(Review((left, right), Conflict.CONTRADICTION))
        else:
            parts.join(left, right)
    cuts = []
    for negative, left, right in sorted(_edges(pairs, infos, threshold)):
        if parts.root(left) == parts.root(right):
            continue
        reason = parts.why_not(left, right)
        if reason is None:
            parts.join(left, right)
        else:
            cuts.append(Cut(left, right, -negative, reason))
    groups = _members(parts)
    reviews += [review for members in groups for review in _same_source(members, infos)]
    return Grouping(groups, tuple(cuts), tuple(reviews))


def _aliases(infos: Mapping[str, RecordInfo], same: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Identifiers that decisions joined, each with the one that stands for all of them."""
    links = _Parts(infos, {})
    known: dict[str, str] = {}
    for left, right in same:
        links.join(left, right)
    for members in _members(links):
        held = sorted({i for record in members if (i := infos[record].identifier)})
        known |= dict.fromkeys(held, held[0]) if len(held) > 1 else {}
    return known


def _edges(pairs: pa.Table, infos: Mapping[str, RecordInfo], threshold: float) -> list[Edge]:
    columns = (pairs[name].to_pylist() for name in ("probability", "left", "right"))
    return [
        (-probability, *sorted((left, right)))
        for probability, left, right in zip(*columns, strict=True)
        if probability >= threshold and left in infos and right in infos
    ]


def _members(parts: _Parts) -> tuple[tuple[str, ...], ...]:
    found: dict[str, list[str]] = defaultdict(list)
    for record in parts.parent:
        found[parts.root(record)].append(record)
    return tuple(sorted(tuple(sorted(members)) for members in found.values()))


def _same_source(members: tuple[str, ...], infos: Mapping[str, RecordInfo]) -> list[Review]:
    rows: dict[str, list[str]] = defaultdict(list)
    for record in members:
        if infos[record].one_row_each:
            rows[infos[record].source].append(record)
    return [Review(tuple(records), Conflict.SAME_SOURCE) for records in rows.values() if len(records) > 1]
