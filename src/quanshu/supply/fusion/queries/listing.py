"""Lists of fusion, and its figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from quanshu.lake.registry import ReviewKind
from quanshu.shared.access.api import Actor, Place, allows, find_seen
from quanshu.supply.fusion.models import Decision, IdentityEvent, Review, Run, Scheme
from quanshu.supply.fusion.permissions import FusionPermission
from quanshu.supply.fusion.types import FusionNotFound, ReviewState


def list_schemes(actor: Actor) -> QuerySet[Scheme]:
    """Schemes the actor may see."""
    return Scheme.objects.visible_to(actor).select_related("unit", "current", "in_force")


def get_scheme(*, actor: Actor, uid: str) -> Scheme:
    """Raises `fusion.not_found`."""
    return find_seen(list_schemes(actor), uid, FusionNotFound())


def list_runs(actor: Actor) -> QuerySet[Run]:
    """Runs of schemes the actor may see."""
    rows = Run.objects.filter(scheme__in=Scheme.objects.visible_to(actor))
    return rows.select_related("scheme__unit", "version", "model")


def get_run(*, actor: Actor, uid: str) -> Run:
    """Raises `fusion.not_found`."""
    return find_seen(list_runs(actor), uid, FusionNotFound())


def list_reviews(actor: Actor) -> QuerySet[Review]:
    """Reviews the actor may see."""
    rows = Review.objects.visible_to(actor)
    return rows.select_related("scheme__unit", "scheme__current__model", "left_unit", "right_unit", "decision")


def get_review(*, actor: Actor, uid: str) -> Review:
    """Raises `fusion.not_found`."""
    return find_seen(list_reviews(actor), uid, FusionNotFound())


def may_act(actor: Actor, permission: FusionPermission, review: Review) -> bool:
    """Whether somebody may act on a review: for the scheme, or for one of the units whose records it is about."""
    paths = (review.scheme.unit.path, review.left_unit.path, review.right_unit.path)
    return any(allows(actor, permission, Place(unit_path=path)) for path in paths)


def list_decisions(actor: Actor) -> QuerySet[Decision]:
    """Decisions over schemes the actor may see."""
    return Decision.objects.filter(scheme__in=Scheme.objects.visible_to(actor)).select_related("scheme__unit")


def get_decision(*, actor: Actor, uid: str) -> Decision:
    """Raises `fusion.not_found`."""
    return find_seen(list_decisions(actor), uid, FusionNotFound())


def events_of(scheme: Scheme, uid: str) -> QuerySet[IdentityEvent]:
    """What happened to an identity, newest first."""
    return scheme.identity_events.filter(Q(identity=uid) | Q(other=uid)).select_related("run")


def decisions_over(scheme: Scheme, uid: str, records: set[str]) -> list[Decision]:
    """Decisions about an identity or its records, newest first."""
    rows = scheme.decisions.all()
    return [row for row in rows if row.identity == uid or records & {*row.left, *row.right}]


@dataclass(frozen=True, slots=True)
class SchemeFigures:
    """What the run in use of a scheme found, and the backlog of reviews. A share is None without records."""

    scheme: Scheme
    identities: int
    records: int
    linked: int
    how: dict[str, int]
    backlog: int
    conflicts: int
    life: dict[str, int]

    @property
    def linked_share(self) -> float | None:
        """Records that share their identity with another / all records."""
        return self.linked / self.records if self.records else None


def with_backlog(schemes: QuerySet[Scheme]) -> QuerySet[Scheme]:
    """Schemes with the number of their reviews to be decided."""
    return schemes.annotate(backlog=Count("reviews", filter=Q(reviews__state=ReviewState.OPEN), distinct=True))


def fusion_figures(schemes: QuerySet[Scheme]) -> list[SchemeFigures]:
    """Figures of schemes, from their runs in use and their live reviews."""
    conflict = Q(reviews__state=ReviewState.OPEN) & ~Q(reviews__kind=ReviewKind.BETWEEN)
    counted: QuerySet[Any] = with_backlog(schemes).annotate(conflicts=Count("reviews", filter=conflict, distinct=True))
    found = []
    for scheme in counted:
        figures: dict[str, Any] = scheme.current.figures if scheme.current else {}
        found.append(
            SchemeFigures(
                scheme=scheme,
                identities=figures.get("identities", {}).get("active", 0),
                records=figures.get("records", 0),
                linked=figures.get("linked", 0),
                how=figures.get("how", {}),
                backlog=scheme.backlog,
                conflicts=scheme.conflicts,
                life=figures.get("life", {}),
            )
        )
    return found
