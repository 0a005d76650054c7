"""From groups of records to identities that keep their uids. Pure.

An identity is known by its uid for good: it keeps it while it keeps a record, an elder one takes in a younger one,
and a uid that went into another is never given out again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from quanshu.supply.fusion.types import Change, Happening, Link, Settlement

Edge = tuple[str, str, Link, float]
_STRENGTH = {Link.DECIDED: 2, Link.IDENTIFIER: 1, Link.SCORED: 0}


def settle(
    groups: Iterable[Sequence[str]],
    before: Mapping[str, str],
    *,
    age: Callable[[str], tuple[str, str]],
    mint: Callable[[], str],
    moved: Collection[str] = (),
    rank: Callable[[str], tuple[int, str]] = lambda record: (0, record),
) -> Settlement:
    """Give each group an identity.

    `before` is {record: identity} until now, also of records that are gone; `age` orders identities, the eldest
    first; `moved` are records that a decision has taken out of their identity, whose uid stays with the others; `rank`
    orders records by their sources.

    An identity lives on in the group that holds most of its records (of equal ones, in the group of the record that
    ranks first). Where several live on in one group, the eldest keeps it and takes in the others. Every other group
    gets a new uid. The order of `groups` and of their records is of no matter.
    """
    ordered = sorted((tuple(sorted(group)) for group in groups if group), key=lambda group: min(map(rank, group)))
    homes = _homes(ordered, before, set(moved))
    living: dict[int, list[str]] = {}
    for identity, place in homes.items():
        living.setdefault(place, []).append(identity)
    identities: dict[str, str] = {}
    minted, changes = [], []
    for place, group in enumerate(ordered):
        candidates = sorted(living.get(place, ()), key=age)
        if candidates:
            uid, *others = candidates
            changes += [Change(Happening.MERGED, other, uid, len(group)) for other in others]
        else:
            uid = mint()
            minted.append(uid)
            origins = sorted({before[record] for record in group if record in before})
            changes += [Change(Happening.SPLIT, uid, origin, len(group)) for origin in origins]
        identities.update(dict.fromkeys(group, uid))
    return Settlement(identities, tuple(minted), tuple(changes))


def _homes(groups: Sequence[Sequence[str]], before: Mapping[str, str], moved: Collection[str]) -> dict[str, int]:
    """{identity: place of the group it lives on in}."""
    votes: dict[str, Counter[int]] = {}
    for place, group in enumerate(groups):
        for record in group:
            identity = before.get(record)
            if identity is not None:
                votes.setdefault(identity, Counter())[place] += 0 if record in moved else 1
    return {identity: min(votes[identity], key=lambda place: (-votes[identity][place], place)) for identity in votes}


def link_tree(
    records: Sequence[str], edges: Iterable[Edge], *, rank: Callable[[str], tuple[int, str]]
) -> dict[str, tuple[str, Link, float]]:
    """Why each record of a group is there: {record: (the record it hangs on, how, probability)}.

    The tree of strongest links (decided, then by identifier, then by probability) from the record of the first
    source; the root hangs on nothing. A record that no link reaches hangs on the root by decision.
    """
    near: dict[str, list[tuple[int, float, str, Link]]] = {record: [] for record in records}
    for left, right, how, probability in edges:
        if left in near and right in near:
            near[left].append((_STRENGTH[how], probability, right, how))
            near[right].append((_STRENGTH[how], probability, left, how))
    root = min(records, key=rank)
    tree: dict[str, tuple[str, Link, float]] = {root: ("", Link.ROOT, 1.0)}
    best: dict[str, tuple[int, float, str, Link]] = {}
    latest = root
    while len(tree) < len(near):
        for strength, probability, other, how in near[latest]:
            if other not in tree and (other not in best or (strength, probability) > best[other][:2]):
                best[other] = (strength, probability, latest, how)
        if not best:
            tree |= {record: (root, Link.DECIDED, 1.0) for record in near if record not in tree}
            break
        latest = max(best, key=lambda record: (best[record][0], best[record][1], rank(record)))
        _strength, probability, parent, how = best.pop(latest)
        tree[latest] = (parent, how, probability)
    return tree
