"""Reads of subjects."""

from __future__ import annotations

import base64
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from quanshu.kernel.ciphers import suite
from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.identifiers.subject import subject_digest
from quanshu.shared.access.api import Actor, ActorKind, find_seen, grants_for_roles
from quanshu.shared.keys import node_key
from quanshu.sharing.subjects import rules
from quanshu.sharing.subjects.models import Mandate, MandateQuerySet, Subject, SubjectQuerySet
from quanshu.sharing.subjects.types import MandateNotFound, NotMandated, SubjectNotFound

SESSION = "subject_uid"
# Since when the session lasts, when it was last used (seconds), and whom it acts for.
SINCE, SEEN, ACTING = "subject_since", "subject_seen", "subject_acting_for"
ROLE = "resident"
# A session's last use is kept to the minute, so that not every page is a write.
STEP = 60


def digest_of(kind: str, number: str) -> str:
    """The reference of a subject on this node; a gateway holds the same key and finds the same."""
    return subject_digest(node_key("subject"), kind, number)


def find_subject(kind: str, number: str) -> Subject | None:
    """The subject with this number, if it ever was enrolled."""
    return Subject.objects.filter(digest=digest_of(kind, number)).first()


def number_of(subject: Subject) -> str:
    """Citizen ID or USCC, in clear. For the subject's own eyes and for finding its records; never for a log."""
    sealed = base64.b64decode(subject.sealed)
    return suite("intl").open(node_key("subject-seal"), sealed, subject.uid.encode()).decode()


def actor_of_subject(subject: Subject) -> Actor:
    """The subject as an actor. Its name is a label, since actors' names go into the ledger."""
    return Actor(
        uid=subject.uid,
        name=str(subject),
        kind=ActorKind.RESIDENT,
        roles=frozenset({ROLE}),
        grants=grants_for_roles({ROLE}),
    )


def actor_of_session(request: HttpRequest) -> Actor | None:
    """The actor of a session that a subject signed in to; None for any other.

    A session ends after it has lain idle, and after its longest time, whatever is done in it.
    """
    session = request.session
    uid = session.get(SESSION, "")
    subject = Subject.objects.filter(uid=uid).first() if uid else None
    if subject is None:
        return None
    moment = clock_now().timestamp()
    seen = session.setdefault(SEEN, moment)
    idle, longest = settings.QUANSHU_RESIDENT_SESSION
    since = session.setdefault(SINCE, moment)
    if rules.session_over(since=since, seen=seen, now=moment, idle=idle, longest=longest):
        session.flush()
        return None
    if moment - seen > STEP:
        session[SEEN] = moment
    return actor_of_subject(subject)


def own_subject(actor: Actor) -> Subject:
    """The subject that the actor is. Raises SubjectNotFound for an officer or a program."""
    subject = Subject.objects.filter(uid=actor.uid).first() if actor.kind == ActorKind.RESIDENT else None
    if subject is None:
        raise SubjectNotFound
    return subject


def subjects_for(actor: Actor, *, now: datetime, what: str = "") -> SubjectQuerySet:
    """The subject that the actor is, and those it may act for; with `what` (a MandateScope), may do this for."""
    rows = Subject.objects.acted_for_by(actor, now)
    if not what:
        return rows
    held = Mandate.objects.in_force(now).filter(agent__uid=actor.uid)
    covered = [row.principal_id for row in held if rules.covers(row.kind, row.scope, what)]
    return rows.filter(Q(uid=actor.uid) | Q(pk__in=covered))


def acting_subject(actor: Actor, *, uid: str, now: datetime, what: str = "") -> Subject:
    """The subject `uid` when the actor is it or may act for it; with `what` (a MandateScope), may do this for it.

    Raises NotMandated, alike for one that is not there.
    """
    rows = subjects_for(actor, now=now, what=what).filter(uid=uid)
    subject = rows.first() if actor.kind == ActorKind.RESIDENT else None
    if subject is None:
        raise NotMandated
    return subject


def chosen_subject(request: HttpRequest, *, now: datetime, what: str = "") -> Subject:
    """The subject a page is about: whom the session acts for, else who signed in.

    Raises NotMandated once the mandate has ended or does not cover `what`; in the first case the session is its own
    again.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    own = own_subject(actor)
    uid = request.session.get(ACTING, "")
    if not uid or uid == own.uid:
        return own
    if not subjects_for(actor, now=now).filter(uid=uid).exists():
        request.session.pop(ACTING, None)
    return acting_subject(actor, uid=uid, now=now, what=what)


def list_mandates(actor: Actor) -> MandateQuerySet:
    """Mandates that the actor may see."""
    return Mandate.objects.visible_to(actor).select_related("principal", "agent")


def get_mandate(*, actor: Actor, uid: str) -> Mandate:
    """One of them. Raises `subjects.mandate_not_found`."""
    return find_seen(list_mandates(actor), uid, MandateNotFound())
