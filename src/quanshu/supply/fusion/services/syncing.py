"""Reviews kept in step with what a run found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse

from quanshu.lake.registry import Candidate, ReviewKind
from quanshu.shared.workflow import api as workflow
from quanshu.supply.fusion.models import Review, Scheme
from quanshu.supply.fusion.permissions import FusionPermission
from quanshu.supply.fusion.queries.material import Material
from quanshu.supply.fusion.types import ReviewState

TODO = "fusion.review"
Key = tuple[str, str, str]


def key_of(one: Candidate | Review) -> Key:
    """What a review is about: of pairs the two identities, of repeated rows the two records."""
    if one.kind in {ReviewKind.SAME_SOURCE, ReviewKind.CONTRADICTION}:
        first, second = sorted((one.left, one.right))
    else:
        first, second = sorted((one.left_identity, one.right_identity))
    return str(one.kind), first, second


def answered(review: Review, candidate: Candidate) -> bool:
    """Whether a steward's answer still covers what was found."""
    if review.state == ReviewState.UNSURE or review.kind == ReviewKind.LIFE:
        return list(review.evidence) == [dict(piece) for piece in candidate.evidence]
    return review.decision is not None and review.decision.undone_at is None


def sync_reviews(scheme: Scheme, candidates: Iterable[Candidate], material: Material, now: datetime) -> None:
    """Open a review of each thing found that has none, and close those that nothing speaks for any more."""
    wanted = {key_of(one): one for one in candidates}
    kept = scheme.reviews.exclude(state=ReviewState.CLOSED).select_related("decision").order_by("id")
    covered, obsolete = set(), []
    for review in kept:
        key = key_of(review)
        candidate = wanted.get(key)
        if review.state == ReviewState.OPEN and (candidate is None or key in covered):
            obsolete.append(review.pk)
        elif candidate is not None and (review.state == ReviewState.OPEN or answered(review, candidate)):
            covered.add(key)
    Review.objects.filter(pk__in=obsolete).update(state=ReviewState.CLOSED, closed_at=now)
    fresh = []
    for key, one in wanted.items():
        if key in covered:
            continue
        fresh.append(
            Review(
                scheme=scheme,
                kind=one.kind,
                left=one.left,
                right=one.right,
                left_identity=one.left_identity,
                right_identity=one.right_identity,
                left_unit=material.entries[one.left_source].unit,
                right_unit=material.entries[one.right_source].unit,
                probability=one.probability,
                evidence=[dict(piece) for piece in one.evidence],
                opened_at=now,
            )
        )
    Review.objects.bulk_create(fresh, batch_size=500)
    set_todo(scheme, now)


def set_todo(scheme: Scheme, now: datetime) -> None:
    """One to-do for a scheme's open reviews, while there are any."""
    about: dict[str, Any] = {"kind": TODO, "subject_kind": "fusion.scheme", "subject_uid": scheme.uid}
    if scheme.reviews.filter(state=ReviewState.OPEN).exists():
        workflow.open_todo(
            **about,
            title=scheme.title,
            url=f"{reverse('fusion:reviews')}?scheme={scheme.code}&state=open",
            permission=FusionPermission.DECIDE,
            unit_path=scheme.unit.path,
            now=now,
        )
    else:
        workflow.close_todo(**about, now=now)
