"""Decisions of fusion. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.registry import ReviewKind
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.fusion.events import FusionEvent
from quanshu.supply.fusion.permissions import FusionPermission
from quanshu.supply.fusion.rules.life import KINDS, life_status
from quanshu.supply.fusion.rules.schemes import (
    check_cron,
    check_scheme,
    check_sources,
    parse_evidence,
    parse_sources,
    parse_survivors,
)
from quanshu.supply.fusion.rules.settling import link_tree, settle
from quanshu.supply.fusion.types import (
    BadMerge,
    BadSelection,
    IdentityState,
    NotInForce,
    OwnScheme,
    PurposeNeeded,
    SchemeState,
    Verdict,
    WrongState,
)

__all__ = [
    "KINDS",
    "MACHINE",
    "check_chosen",
    "check_cron",
    "check_in_force",
    "check_merge",
    "check_purpose",
    "check_reviewer",
    "check_scheme",
    "check_sources",
    "check_step",
    "check_verdict",
    "first_contradicted",
    "life_status",
    "link_tree",
    "parse_evidence",
    "parse_sources",
    "parse_survivors",
    "settle",
]

V = TypeVar("V")
P, E, S = FusionPermission, FusionEvent, SchemeState
REVIEW_DAYS = 5
KEPT_RUNS = 3
# A pair said twice, and what each decision joins or parts: (same?, records of one side, records of the other).
Said = tuple[bool, Collection[str], Collection[str]]

MACHINE = Machine(
    name="fusion.scheme",
    states=SchemeState,
    transitions=(
        Transition("submit", frozenset({S.DRAFT}), S.REVIEW, P.EDIT, E.SCHEME_SUBMITTED, label=N_("Submit")),
        Transition("return", frozenset({S.REVIEW}), S.DRAFT, P.PUBLISH, E.SCHEME_RETURNED, label=N_("Return")),
        Transition(
            "enforce", frozenset({S.REVIEW}), S.IN_FORCE, P.PUBLISH, E.SCHEME_IN_FORCE, label=N_("Put in force")
        ),
        Transition("replace", frozenset({S.IN_FORCE}), S.REPLACED, P.PUBLISH, E.SCHEME_IN_FORCE, label=N_("Replace")),
    ),
)


def check_step(state: str, *allowed: str) -> None:
    """Raises `fusion.wrong_state` unless the state is one of those allowed."""
    if state not in allowed:
        raise WrongState(state=state)


def check_reviewer(*, state: str, author_uid: str, actor_uid: str) -> None:
    """Another person reviews. Raises `fusion.wrong_state`, `fusion.own_scheme`."""
    check_step(state, S.REVIEW)
    if author_uid == actor_uid:
        raise OwnScheme


def check_in_force(version: V | None) -> V:
    """The version in force, which alone is run. Raises `fusion.not_in_force`."""
    if version is None:
        raise NotInForce
    return version


def check_chosen(chosen: Collection[str], records: Collection[str]) -> None:
    """Some of an identity's records are taken out, not all. Raises `fusion.bad_selection`."""
    if not chosen or not set(chosen) < set(records):
        raise BadSelection


def check_verdict(kind: str, verdict: str) -> None:
    """A life status can only be noted or left open; pairs are the same, different or unsure. Raises FieldErrors."""
    allowed = {Verdict.NOTED} if kind == ReviewKind.LIFE else {Verdict.SAME, Verdict.DIFFERENT}
    if verdict not in allowed | {Verdict.UNSURE}:
        fault = FieldError("verdict", N_("This is no answer to this review."), N_("Press one of the buttons."))
        raise FieldErrors(errors=(fault,))


def check_merge(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Two different active identities, each (uid, state). Raises `fusion.bad_merge`."""
    if one[0] == other[0] or {one[1], other[1]} != {IdentityState.ACTIVE}:
        raise BadMerge


def check_purpose(purpose: str) -> None:
    """Raises `fusion.purpose_needed`."""
    if len(purpose.strip()) < 2:
        raise PurposeNeeded


def first_contradicted(new: Said, earlier: Sequence[Said]) -> int | None:
    """The place of the first earlier decision that cannot hold together with a new one; None when all can.

    A decision that two are the same reaches through other such decisions: A is B, B is C and A is not C contradict.
    """
    same, left, right = new
    joined = [said for said in earlier if said[0]]
    parts = _joined([*joined, new] if same else joined)

    def roots(records: Iterable[str]) -> set[str]:
        return {parts.get(record, record) for record in records}

    if not same:
        if not roots(left) & roots(right):
            return None
        touching = roots(left) & roots(right)
        return next(place for place, (one, a, b) in enumerate(earlier) if one and roots([*a, *b]) & touching)
    for place, (one, a, b) in enumerate(earlier):
        if not one and roots(a) & roots(b):
            return place
    return None


def _joined(said: Iterable[Said]) -> dict[str, str]:
    """{record: the record that stands for all it was decided to be the same as}."""
    members: dict[str, set[str]] = {}
    for _same, left, right in said:
        together = {*left, *right}
        for record in list(together):
            together |= members.get(record, set())
        for record in together:
            members[record] = together
    return {record: min(together) for record, together in members.items()}
