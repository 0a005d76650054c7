"""Compares what the quality rules reported with what was planted."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from quanshu.demo.synth.types import FUSION, INTAKE, RULE_KINDS, Finding, KindScore, Score, Truth

_EXAMPLES = 50
Place = tuple[str, str, str, str]


def read_truth(path: Path) -> list[Truth]:
    """The planted errors of a truth file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [Truth(**row) for row in csv.DictReader(stream)]


def score_city(truth: Path, findings: Iterable[Finding | Mapping[str, str] | Sequence[str]]) -> Score:
    """Precision and recall of findings against a truth file (or the folder of a city that holds one).

    A finding is (source, table, key, column, kind), as a tuple or mapping; kind is a rule kind, or `intake`
    for a row that intake refused. It is right when an error of that kind was planted in that row and one of
    its columns. Of rows that share a value that must be unique, each may be reported. The same finding twice
    counts once. What only fusion could see is counted apart.
    """
    planted = read_truth(truth / "truth.csv" if truth.is_dir() else truth)
    index: dict[Place, list[int]] = defaultdict(list)
    for at, entry in enumerate(planted):
        for key in {entry.key, entry.original} if entry.detectable_by == "unique" else {entry.key}:
            index[entry.source, entry.table, key, entry.detectable_by].append(at)
    found: set[int] = set()
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    unfounded: list[Finding] = []
    for finding in dict.fromkeys(_finding(f) for f in findings):
        place = (finding.source, finding.table, finding.key, finding.kind)
        hits = [at for at in index.get(place, ()) if _same_column(planted[at].column, finding.column)]
        found.update(hits)
        if hits:
            right[finding.kind] += 1
        else:
            wrong[finding.kind] += 1
            unfounded.append(finding)
    wanted = Counter(entry.detectable_by for entry in planted)
    caught = Counter(planted[at].detectable_by for at in found)
    kinds = {k: KindScore(wanted[k], caught[k], right[k], wrong[k]) for k in {*wanted, *right, *wrong} - {FUSION}}
    intake = kinds.pop(INTAKE, KindScore())
    by_kind = {k: kinds[k] for k in sorted(kinds, key=_order)}
    missed = (e for at, e in enumerate(planted) if at not in found and e.detectable_by in RULE_KINDS)
    return Score(
        overall=sum(by_kind.values(), KindScore()),
        by_kind=by_kind,
        intake=intake,
        fusion_only=wanted[FUSION],
        missed=tuple(e for e, _ in zip(missed, range(_EXAMPLES), strict=False)),
        unfounded=tuple(unfounded[:_EXAMPLES]),
    )


def _order(kind: str) -> tuple[int, str]:
    return (RULE_KINDS.index(kind) if kind in RULE_KINDS else len(RULE_KINDS), kind)


def _finding(item: Finding | Mapping[str, str] | Sequence[str]) -> Finding:
    finding = Finding(**{f: str(item[f]) for f in Finding._fields}) if isinstance(item, Mapping) else Finding(*item)
    return finding._replace(key=_bare_key(str(finding.key)))


def _bare_key(key: str) -> str:
    """The value of a key that was reported as a JSON list or object of one."""
    if not key.startswith(("[", "{")):
        return key
    try:
        value = json.loads(key)
    except ValueError:
        return key
    parts = list(value.values()) if isinstance(value, dict) else value
    return str(parts[0]) if len(parts) == 1 else key


def _same_column(planted: str, reported: str) -> bool:
    return not {c.strip() for c in planted.split(",")}.isdisjoint(c.strip() for c in reported.split(","))
