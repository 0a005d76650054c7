"""The proofs of uses, as the room tells them that keeps the ledger and stands above this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from quanshu.city.citizen.types import Use, UseProof

ProofFinder = Callable[[Sequence[Use], datetime], Mapping[str, UseProof]]
_finders: list[ProofFinder] = []


def register_proofs(find: ProofFinder) -> None:
    """Have `find(uses, now)` tell {receipt: proof} of uses."""
    if find not in _finders:
        _finders.append(find)


def proofs_of(uses: Sequence[Use], *, now: datetime) -> dict[str, UseProof]:
    """{receipt: proof} of uses; none for those that no room proves."""
    found: dict[str, UseProof] = {}
    for find in _finders:
        found.update(find(uses, now))
    return found
