"""A steward's word: pairs, merges, splits, undone; and looks at whole values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.registry import ReviewKind
from quanshu.shared.access.api import Actor, NotAllowed, require
from quanshu.shared.audit import api as audit
from quanshu.supply.fusion import rules
from quanshu.supply.fusion.events import FusionEvent
from quanshu.supply.fusion.models import Decision, Review, Scheme
from quanshu.supply.fusion.permissions import FusionPermission
from quanshu.supply.fusion.queries.identities import Identity
from quanshu.supply.fusion.queries.listing import may_act
from quanshu.supply.fusion.services.noting import note
from quanshu.supply.fusion.services.running import queue_run
from quanshu.supply.fusion.services.syncing import set_todo
from quanshu.supply.fusion.types import Contradicts, ReviewState, Verdict


def need_reason(reason: str) -> str:
    """The reason without blanks around it. Raises FieldErrors when it is empty."""
    if not reason.strip():
        fault = FieldError("reason", N_("The reason is missing."), N_("Say what shows it; it is kept as evidence."))
        raise FieldErrors(errors=(fault,))
    return reason.strip()


def decide(
    scheme: Scheme,
    verdict: Verdict,
    left: Collection[str],
    right: Collection[str],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    identity: str = "",
) -> Decision:
    """Keep a decision that holds together with those before it, and queue the run that follows it.

    Raises `fusion.contradicts`.
    """
    standing = list(scheme.decisions.filter(undone_at__isnull=True).order_by("decided_at", "id"))
    said = [(one.verdict == Verdict.SAME, one.left, one.right) for one in standing]
    place = rules.first_contradicted((verdict == Verdict.SAME, left, right), said)
    if place is not None:
        earlier = standing[place]
        raise Contradicts(by=earlier.decided_by, on=earlier.decided_at.astimezone(CITY_TZ).date().isoformat())
    decision = Decision.objects.create(
        scheme=scheme,
        verdict=verdict,
        left=sorted(left),
        right=sorted(right),
        reason=reason[:2000],
        identity=identity,
        decided_at=now,
        decided_by=actor.name,
    )
    queue_run(scheme, cause="decided", by=actor, now=now)
    return decision


@transaction.atomic
def decide_review(*, actor: Actor, now: datetime, review: Review, verdict: Verdict, reason: str) -> Review:
    """Answer a review: the same, not the same, unsure; of a life status only that it has been noted.

    Raises Forbidden, FieldErrors, `fusion.wrong_state`, `fusion.contradicts`.
    """
    rows = Review.objects.select_for_update(of=("self",))
    review = rows.select_related("scheme__unit", "left_unit", "right_unit").get(pk=review.pk)
    if not may_act(actor, FusionPermission.DECIDE, review):
        raise NotAllowed(permission=FusionPermission.DECIDE)
    rules.check_step(review.state, ReviewState.OPEN, ReviewState.UNSURE)
    rules.check_verdict(review.kind, verdict)
    reason = need_reason(reason)
    review.note, review.closed_at = reason[:2000], now
    if verdict == Verdict.UNSURE:
        review.state = ReviewState.UNSURE
    elif review.kind == ReviewKind.LIFE:
        review.state = ReviewState.DECIDED
    else:
        review.decision = decide(
            review.scheme, verdict, [review.left], [review.right], reason=reason, actor=actor, now=now
        )
        review.state = ReviewState.DECIDED
    review.save()
    set_todo(review.scheme, now)
    details = {"verdict": verdict, "kind": review.kind}
    note(FusionEvent.DECIDED, review, actor=actor, now=now, details=details)
    return review


@transaction.atomic
def merge_identities(*, actor: Actor, now: datetime, one: Identity, other: Identity, reason: str) -> Decision:
    """Decide that two identities are one; the elder keeps its uid from the next run on.

    Raises Forbidden, FieldErrors, `fusion.bad_merge`, `fusion.contradicts`.
    """
    scheme = _scheme(one)
    require(actor, FusionPermission.DECIDE, scheme)
    rules.check_merge((one.uid, one.state), (other.uid, other.state if other.scheme.pk == scheme.pk else ""))
    reason = need_reason(reason)
    sides: Sequence[list[str]] = [[row.record for row in each.records] for each in (one, other)]
    decision = decide(scheme, Verdict.SAME, sides[0], sides[1], reason=reason, actor=actor, now=now, identity=one.uid)
    _decided(decision, one, actor=actor, now=now, details={"verdict": Verdict.SAME, "other": other.uid})
    return decision


@transaction.atomic
def split_identity(
    *, actor: Actor, now: datetime, identity: Identity, records: Collection[str], reason: str
) -> Decision:
    """Decide that some records of an identity are of somebody else, who gets a new uid at the next run.

    Raises Forbidden, FieldErrors, `fusion.bad_selection`, `fusion.contradicts`.
    """
    scheme = _scheme(identity)
    require(actor, FusionPermission.DECIDE, scheme)
    held = {row.record for row in identity.records}
    rules.check_chosen(records, held)
    reason = need_reason(reason)
    stay = held - set(records)
    decision = decide(
        scheme, Verdict.DIFFERENT, records, stay, reason=reason, actor=actor, now=now, identity=identity.uid
    )
    details = {"verdict": Verdict.DIFFERENT, "records": len(records)}
    _decided(decision, identity, actor=actor, now=now, details=details)
    return decision


@transaction.atomic
def undo_decision(*, actor: Actor, now: datetime, decision: Decision, reason: str) -> Decision:
    """Take a decision back; it stays on record and binds no more. Raises Forbidden, FieldErrors,
    `fusion.wrong_state`."""
    rows = Decision.objects.select_for_update(of=("self",))
    decision = rows.select_related("scheme__unit").get(pk=decision.pk)
    require(actor, FusionPermission.DECIDE, decision)
    rules.check_step("undone" if decision.undone_at else "standing", "standing")
    decision.undone_reason, decision.undone_at, decision.undone_by = need_reason(reason)[:2000], now, actor.name
    decision.save()
    decision.reviews.update(state=ReviewState.OPEN, decision=None, closed_at=None)
    set_todo(decision.scheme, now)
    queue_run(decision.scheme, cause="decided", by=actor, now=now)
    details = {"decision": decision.uid, "verdict": decision.verdict}
    note(FusionEvent.UNDONE, decision.scheme, actor=actor, now=now, details=details, uid=decision.identity)
    return decision


def _scheme(identity: Identity) -> Scheme:
    return Scheme.objects.select_for_update(of=("self",)).select_related("unit").get(pk=identity.scheme.pk)


def _decided(
    decision: Decision, identity: Identity, *, actor: Actor, now: datetime, details: dict[str, object]
) -> None:
    details = {"decision": decision.uid, **details}
    note(FusionEvent.DECIDED, decision.scheme, actor=actor, now=now, details=details, uid=identity.uid)


def reveal_identity(*, actor: Actor, now: datetime, identity: Identity, purpose: str) -> None:
    """Allow a look at an identity's whole values; every look is recorded with its purpose.

    Raises Forbidden, `fusion.purpose_needed`.
    """
    require(actor, FusionPermission.REVEAL, identity.scheme)
    rules.check_purpose(purpose)
    audit.record(
        actor=actor,
        action=FusionEvent.REVEALED,
        obj=identity.scheme,
        kind="fusion.identity",
        uid=identity.uid,
        label=identity.scheme.title,
        details={"purpose": purpose.strip()[:200]},
        now=now,
    )


def reveal_review(*, actor: Actor, now: datetime, review: Review) -> None:
    """Allow a look at the whole values of a review's records; every look is recorded. Raises Forbidden."""
    if not may_act(actor, FusionPermission.REVEAL, review):
        raise NotAllowed(permission=FusionPermission.REVEAL)
    audit.record(
        actor=actor,
        action=FusionEvent.REVEALED,
        obj=review,
        kind="fusion.review",
        uid=review.uid,
        label=review.scheme.title,
        now=now,
    )


def record_search(*, actor: Actor, now: datetime, scheme: Scheme, how: str, purpose: str, found: int) -> None:
    """Keep that somebody looked for an identity, by what, for which purpose; never what was typed.

    Raises Forbidden, `fusion.purpose_needed`.
    """
    require(actor, FusionPermission.SEARCH, scheme)
    rules.check_purpose(purpose)
    audit.record(
        actor=actor,
        action=FusionEvent.SEARCHED,
        obj=scheme,
        kind="fusion.scheme",
        uid=scheme.uid,
        label=scheme.title,
        details={"by": how, "purpose": purpose.strip()[:200], "found": found},
        now=now,
    )
