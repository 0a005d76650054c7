"""Files that residents attach as proof."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from pathlib import Path

from django.core.files.base import ContentFile
from django.db import transaction

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.files import api as files
from quanshu.sharing.subjects import rules
from quanshu.sharing.subjects.events import SubjectEvent
from quanshu.sharing.subjects.models import Mandate
from quanshu.sharing.subjects.services.noting import note_mandate
from quanshu.sharing.subjects.types import EvidenceFile, MandateNotFound


def keep_evidence(*, actor: Actor, name: str, stream: files.Chunked, now: datetime) -> EvidenceFile:
    """Keep a scan as proof; the audit trail names it by its digest, as its own name may name a person.

    The caller has asked for permission. Raises FieldErrors (`evidence`), and keeps nothing then.
    """
    name = files.clean_name(name)
    content = files.read_up_to(stream, rules.EVIDENCE_MIB * 1024 * 1024)
    ending = rules.check_evidence(name=name, content=content)
    digest = sha256(content).hexdigest()
    files.store(actor=actor, name=f"evidence-{digest[:12]}{ending}", stream=ContentFile(content), now=now)
    audit.record(
        actor=actor,
        action=SubjectEvent.EVIDENCE_KEPT,
        kind="subjects.evidence",
        uid=digest[:36],
        label=digest[:12],
        details={"sha256": digest, "size": len(content)},
        now=now,
    )
    return EvidenceFile(digest, name)


@transaction.atomic
def read_evidence(*, actor: Actor, mandate_uid: str, now: datetime) -> tuple[Mandate, Path]:
    """The proof of a mandate the actor may see, and where it lies; that it was read is recorded.

    Raises `subjects.mandate_not_found`, `files.not_found`.
    """
    rows = Mandate.objects.visible_to(actor).select_related("principal", "agent")
    mandate = rows.filter(uid=mandate_uid).exclude(evidence_digest="").first()
    if mandate is None:
        raise MandateNotFound
    path = files.path_of(mandate.evidence_digest)
    note_mandate(SubjectEvent.EVIDENCE_READ, mandate, actor=actor, now=now)
    return mandate, path
