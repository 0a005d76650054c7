"""Mandates: asked for with proof, given by a principal, decided by the bureau, ended."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.timezone import make_aware
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.files.api import Chunked
from quanshu.shared.notify.api import notify
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.subjects import rules
from quanshu.sharing.subjects.events import SubjectEvent
from quanshu.sharing.subjects.models import Mandate, Subject
from quanshu.sharing.subjects.permissions import SubjectPermission
from quanshu.sharing.subjects.queries import number_of, own_subject
from quanshu.sharing.subjects.queries.registers import check_representative
from quanshu.sharing.subjects.services.enrolling import ensure_subject
from quanshu.sharing.subjects.services.evidence import keep_evidence
from quanshu.sharing.subjects.services.noting import MANDATE, note_mandate
from quanshu.sharing.subjects.types import MandateAsked, MandateKind, MandateState, Relation

CLOCK = "subjects.mandate_review"
TOLD = {
    SubjectEvent.MANDATE_GIVEN: N_("A mandate is in force"),
    SubjectEvent.MANDATE_REFUSED: N_("A mandate you asked for was refused"),
    SubjectEvent.MANDATE_ENDED: N_("A mandate has ended"),
}
REPLACED = N_("The registers name another legal representative now.")


@transaction.atomic
def ask_mandate(
    *, actor: Actor, asked: MandateAsked, file_name: str = "", stream: Chunked | None = None, now: datetime
) -> Mandate:
    """Ask to act for a child or for an enterprise, with proof.

    A legal representative whom the registers of legal entities name by number is in force at once; everything else
    is for the bureau within two working days. Raises Forbidden, FieldErrors.
    """
    agent = own_subject(actor)
    require(actor, SubjectPermission.SELF, agent)
    if asked.kind not in {MandateKind.GUARDIAN, MandateKind.LEGAL_REPRESENTATIVE}:
        fault = N_("This kind of mandate is not asked for.")
        raise FieldErrors(errors=(FieldError("kind", fault, N_("A delegation is given by the one you act for.")),))
    own = number_of(agent)
    number = rules.check_asked(asked, own=own, agent_kind=agent.kind, now=now)
    checked = "" if asked.kind == MandateKind.GUARDIAN else check_representative(number, own, agent.name)
    if stream is None and checked != "matched":
        fault = N_("A proof is needed.")
        raise FieldErrors(errors=(FieldError("evidence", fault, N_("Attach a scan of the document.")),))
    principal = ensure_subject(actor=SYSTEM, kind=rules.kind_of(asked), number=number, name=asked.name.strip(), now=now)
    mandate = Mandate(principal=principal, agent=agent, kind=asked.kind, created_at=now, valid_from=now)
    check_once(mandate)
    mandate.given_name, mandate.relation, mandate.checked = asked.name.strip()[:150], asked.relation, checked
    if asked.kind == MandateKind.GUARDIAN and asked.relation != Relation.COURT:
        mandate.valid_until = make_aware(datetime.combine(rules.adult_on(number), datetime.min.time()), CITY_TZ)
    if stream is not None:
        kept = keep_evidence(actor=actor, name=file_name, stream=stream, now=now)
        mandate.evidence_digest, mandate.evidence_name = kept.digest, kept.name
    mandate.save()
    note_mandate(SubjectEvent.MANDATE_ASKED, mandate, actor=actor, now=now, details={"checked": checked})
    if checked == "matched":
        return decide(mandate, "approve", actor=SYSTEM, answer="", now=now)
    wait_for_review(mandate, now=now)
    return mandate


def wait_for_review(mandate: Mandate, *, now: datetime) -> None:
    """The bureau's clock and to-do."""
    clock = workflow.start_clock(
        kind=CLOCK,
        subject_kind=MANDATE,
        subject_uid=mandate.uid,
        days=rules.REVIEW_DAYS,
        holder_path="/",
        now=now,
    )
    with override(settings.LANGUAGE_CODE):
        title = str(mandate.get_kind_display())
    workflow.open_todo(
        kind=CLOCK,
        subject_kind=MANDATE,
        subject_uid=mandate.uid,
        title=title,
        url=f"/subjects/mandates/{mandate.uid}/",
        permission=SubjectPermission.MANDATE_REVIEW,
        unit_path="/",
        due_on=clock.due_on,
        now=now,
    )


def check_once(mandate: Mandate) -> None:
    """One mandate of a kind between two subjects at a time. Raises FieldErrors."""
    waiting = [MandateState.ASKED, MandateState.IN_FORCE]
    same = Mandate.objects.filter(principal=mandate.principal, agent=mandate.agent, kind=mandate.kind)
    if same.filter(state__in=waiting).exists():
        fault = N_("There is such a mandate already.")
        raise FieldErrors(errors=(FieldError("number", fault, N_("End it, or wait for the decision on it.")),))


@transaction.atomic
def give_mandate(*, actor: Actor, asked: MandateAsked, now: datetime) -> Mandate:
    """Let another person do some things for oneself until a day; in force at once. Raises Forbidden, FieldErrors."""
    principal = own_subject(actor)
    require(actor, SubjectPermission.SELF, principal)
    if asked.kind != MandateKind.DELEGATE:
        fault = N_("Only a delegation is given.")
        raise FieldErrors(errors=(FieldError("kind", fault, N_("Ask for the other kinds with proof.")),))
    number = rules.check_asked(asked, own=number_of(principal), agent_kind=principal.kind, now=now)
    agent = ensure_subject(actor=SYSTEM, kind=rules.kind_of(asked), number=number, name=asked.name.strip(), now=now)
    mandate = Mandate(principal=principal, agent=agent, kind=asked.kind, created_at=now, valid_from=now)
    check_once(mandate)
    mandate.state, mandate.scope, mandate.valid_until = MandateState.IN_FORCE, sorted(asked.scope), asked.until
    mandate.decided_at, mandate.given_name = now, asked.name.strip()[:150]
    mandate.save()
    note_mandate(SubjectEvent.MANDATE_GIVEN, mandate, actor=actor, now=now, details={"scope": mandate.scope})
    tell(mandate, SubjectEvent.MANDATE_GIVEN, [agent], now)
    return mandate


@transaction.atomic
def approve_mandate(*, actor: Actor, mandate: Mandate, now: datetime) -> Mandate:
    """Let a mandate that was asked for be in force. Raises Forbidden, `subjects.mandate_wrong_state`."""
    require(actor, SubjectPermission.MANDATE_REVIEW)
    return decide(locked(mandate), "approve", actor=actor, answer="", now=now)


@transaction.atomic
def refuse_mandate(*, actor: Actor, mandate: Mandate, reason: str, now: datetime) -> Mandate:
    """Refuse it with a reason. Raises Forbidden, FieldErrors, `subjects.mandate_wrong_state`."""
    require(actor, SubjectPermission.MANDATE_REVIEW)
    if not reason.strip():
        fault = FieldError("reason", N_("This must not be empty."), N_("Say why, so that it can be mended."))
        raise FieldErrors(errors=(fault,))
    return decide(locked(mandate), "refuse", actor=actor, answer=reason.strip(), now=now)


@transaction.atomic
def withdraw_mandate(*, actor: Actor, mandate: Mandate, now: datetime) -> Mandate:
    """Take back what one asked for. Raises Forbidden, `subjects.mandate_wrong_state`."""
    mandate = locked(mandate)
    require(actor, SubjectPermission.SELF, mandate)
    return decide(mandate, "withdraw", actor=actor, answer="", now=now)


@transaction.atomic
def end_mandate(*, actor: Actor, mandate: Mandate, now: datetime) -> Mandate:
    """End a mandate in force: whoever holds it, whoever gave it, or the bureau. Nothing is done under it from then on.

    Raises Forbidden, `subjects.mandate_wrong_state`.
    """
    mandate = locked(mandate)
    if actor.uid not in {mandate.agent.uid, mandate.principal.uid}:
        require(actor, SubjectPermission.MANDATE_REVIEW)
    return decide(mandate, "end", actor=actor, answer="", now=now)


def end_replaced(now: datetime) -> int:
    """End the mandates of legal representatives in whose place the registers name another now; how many were ended.

    Silence of the registers ends nothing: a table may be away for a while.
    """
    rows = Mandate.objects.in_force(now).filter(kind=MandateKind.LEGAL_REPRESENTATIVE)
    ended = 0
    for found in rows.select_related("principal", "agent"):
        said = check_representative(number_of(found.principal), number_of(found.agent), found.agent.name)
        if said != "other":
            continue
        with transaction.atomic(), override(settings.LANGUAGE_CODE):
            mandate = locked(found)
            if mandate.state == MandateState.IN_FORCE:
                decide(mandate, "end", actor=SYSTEM, answer=gettext(REPLACED), now=now)
                ended += 1
    return ended


def locked(mandate: Mandate) -> Mandate:
    """The row as it is now, held until the transaction ends."""
    rows = Mandate.objects.select_for_update(of=("self",)).select_related("principal", "agent")
    return rows.get(pk=mandate.pk)


def decide(mandate: Mandate, step: str, *, actor: Actor, answer: str, now: datetime) -> Mandate:
    """Take a step of the table; clock and to-do of the review end with it."""
    transition = rules.check_step(mandate.state, step)
    if mandate.state == MandateState.ASKED:
        where = {"kind": CLOCK, "subject_kind": MANDATE, "subject_uid": mandate.uid}
        workflow.stop_clock(**where, now=now)
        workflow.close_todo(**where, now=now)
    mandate.state, mandate.answer, mandate.decided_at, mandate.decided_by = transition.target, answer, now, actor.name
    if step == "approve":
        mandate.valid_from = now
    mandate.save()
    event = SubjectEvent(transition.event)
    note_mandate(event, mandate, actor=actor, now=now)
    others = [row for row in (mandate.agent, mandate.principal) if row.uid != actor.uid]
    tell(mandate, event, others if step == "end" else others[:1], now)
    return mandate


def tell(mandate: Mandate, event: SubjectEvent, subjects: list[Subject], now: datetime) -> None:
    """A notice to subjects, without names or numbers."""
    if event not in TOLD:
        return
    with override(settings.LANGUAGE_CODE):
        subject = f"{gettext(TOLD[event])}: {mandate.get_kind_display()}"
    people = [row.uid for row in subjects]
    notify(recipients=people, subject=subject, body=mandate.answer, url=mandate.get_absolute_url(), now=now)
