"""Reads of subjects."""

from __future__ import annotations

import base64
from datetime import datetime

from django.http import HttpRequest

from quanshu.kernel.ciphers import suite
from quanshu.kernel.identifiers.subject import subject_digest
from quanshu.shared.access.api import Actor, ActorKind, grants_for_roles
from quanshu.shared.keys import node_key
from quanshu.sharing.subjects.models import Subject, SubjectQuerySet
from quanshu.sharing.subjects.types import NotMandated, SubjectNotFound

SESSION = "subject_uid"
ROLE = "resident"


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
    """The actor of a session that a subject signed in to; None for any other."""
    uid = request.session.get(SESSION, "")
    subject = Subject.objects.filter(uid=uid).first() if uid else None
    return actor_of_subject(subject) if subject else None


def own_subject(actor: Actor) -> Subject:
    """The subject that the actor is. Raises SubjectNotFound for an officer or a program."""
    subject = Subject.objects.filter(uid=actor.uid).first() if actor.kind == ActorKind.RESIDENT else None
    if subject is None:
        raise SubjectNotFound
    return subject


def subjects_for(actor: Actor, *, now: datetime) -> SubjectQuerySet:
    """The subject that the actor is, and those it may act for."""
    return Subject.objects.acted_for_by(actor, now)


def acting_subject(actor: Actor, *, uid: str, now: datetime) -> Subject:
    """The subject `uid` when the actor is it or may act for it. Raises NotMandated, alike for one that is not there."""
    subject = subjects_for(actor, now=now).filter(uid=uid).first() if actor.kind == ActorKind.RESIDENT else None
    if subject is None:
        raise NotMandated
    return subject
