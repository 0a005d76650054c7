"""What of a run somebody must look at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa

from quanshu.lake.linking.types import Conflict, Decision, Grouping
from quanshu.lake.registry.workshop import Workshop
from quanshu.lake.schema import literal


class ReviewKind(StrEnum):
    """Why a steward must look."""

    BETWEEN = "between"
    TWO_IDENTIFIERS = "two_identifiers"
    SAME_SOURCE = "same_source"
    CONTRADICTION = "contradiction"
    LIFE = "life"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to look at. Of a life status, `right_identity` is empty and `evidence` has kind, on and source."""

    kind: ReviewKind
    left: str
    right: str
    left_identity: str
    right_identity: str
    left_source: str
    right_source: str
    probability: float | None = None
    evidence: tuple[Mapping[str, Any], ...] = ()


def find_candidates(
    shop: Workshop, grouping: Grouping, *, link_at: float, decisions: Sequence[Decision]
) -> list[Candidate]:
    """Pairs between the thresholds, links that two identifiers forbid, two rows of a source that keeps one a party,
    decisions that contradict each other, and life statuses whose evidence disagrees."""
    found = [*_pairs(shop, link_at, decisions), *_repeats(shop), *_contradictions(shop, grouping)]
    if shop.plan.evidence:
        found += _lives(shop)
    return found


def _pairs(shop: Workshop, link_at: float, decisions: Sequence[Decision]) -> Iterable[Candidate]:
    """The best pair of every two identities that are linked and not one, and that nobody has decided apart.

    Below the threshold of linking, two different valid identifiers speak for themselves.
    """
    apart = [one for one in decisions if not one.same]
    sides = {
        "one": pa.array([one.left for one in apart], pa.string()),
        "other": pa.array([one.right for one in apart], pa.string()),
    }
    shop.connection.register("apart", pa.table(sides))
    rows = shop.rows(
        f"""WITH parted AS (
            SELECT DISTINCT least(a.identity, b.identity) AS one, greatest(a.identity, b.identity) AS other
            FROM apart p JOIN links a ON a.record = p.one JOIN links b ON b.record = p.other
        )
        SELECT p."left", p."right", a.identity, b.identity, a.source, b.source, p.probability, p.evidence
        FROM pairs p JOIN links a ON a.record = p."left" AND NOT a.gone
        JOIN links b ON b.record = p."right" AND NOT b.gone
        JOIN records ra ON ra.record = p."left" JOIN records rb ON rb.record = p."right"
        WHERE a.identity <> b.identity AND (p.probability >= {link_at} OR ra.identifier IS NULL
            OR rb.identifier IS NULL OR ra.identifier = rb.identifier)
        AND NOT EXISTS (SELECT 1 FROM parted x WHERE x.one = least(a.identity, b.identity)
            AND x.other = greatest(a.identity, b.identity))
        QUALIFY row_number() OVER (PARTITION BY least(a.identity, b.identity), greatest(a.identity, b.identity)
            ORDER BY p.probability DESC, p."left", p."right") = 1
        ORDER BY 1, 2"""
    )
    for left, right, one, other, source, other_source, probability, evidence in rows:
        kind = ReviewKind.TWO_IDENTIFIERS if probability >= link_at else ReviewKind.BETWEEN
        pieces = tuple(json.loads(evidence or "[]"))
        yield Candidate(kind, left, right, one, other, source, other_source, probability, pieces)


def _repeats(shop: Workshop) -> Iterable[Candidate]:
    one_row = ", ".join(literal(source.name) for source in shop.plan.sources if source.one_row) or "NULL"
    rows = shop.rows(
        f"""SELECT identity, source, min(record), max(record) FROM links
        WHERE NOT gone AND source IN ({one_row}) GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2"""
    )
    for identity, source, left, right in rows:
        yield Candidate(ReviewKind.SAME_SOURCE, left, right, identity, identity, source, source)


def _contradictions(shop: Workshop, grouping: Grouping) -> Iterable[Candidate]:
    found = [review.records for review in grouping.reviews if review.reason is Conflict.CONTRADICTION]
    for left, right, *_more in found:
        names = f"{literal(left)}, {literal(right)}"
        held = {
            row[0]: row[1:]
            for row in shop.rows(f"SELECT record, identity, source FROM links WHERE record IN ({names})")
        }
        (one, source), (other, other_source) = held[left], held[right]
        yield Candidate(ReviewKind.CONTRADICTION, left, right, one, other, source, other_source)


def _lives(shop: Workshop) -> Iterable[Candidate]:
    rows = shop.rows(
        """SELECT e.identity, e.record, e.source, e.kind, e.says, CAST(e.on_day AS VARCHAR)
        FROM evidence e JOIN life l ON l.identity = e.identity AND l.conflict
        ORDER BY e.identity, e.says DESC, e.reliability DESC, e.on_day, e.source, e.kind, e.record"""
    )
    by_identity: dict[str, list[tuple[str, ...]]] = {}
    for identity, *piece in rows:
        by_identity.setdefault(identity, []).append(tuple(piece))
    for identity, pieces in by_identity.items():
        dead = [piece for piece in pieces if piece[3] == "dead"]
        alive = [piece for piece in pieces if piece[3] == "alive"]
        first = dead[0]
        other = max(alive, key=lambda piece: piece[4]) if alive else dead[-1]
        shown = tuple({"kind": kind, "on": on, "source": source} for _record, source, kind, _says, on in pieces)
        yield Candidate(ReviewKind.LIFE, first[0], other[0], identity, "", first[1], other[1], None, shown)
