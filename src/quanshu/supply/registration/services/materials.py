"""Materials of an application: attached and taken out by its author, judged by the reviewer, read by both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath

from django.db import transaction

from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.files import api as files
from quanshu.supply.registration import rules
from quanshu.supply.registration.events import RegistrationEvent
from quanshu.supply.registration.models import Application, Material
from quanshu.supply.registration.permissions import RegistrationPermission
from quanshu.supply.registration.queries import get_material
from quanshu.supply.registration.services.applying import locked
from quanshu.supply.registration.services.noting import note
from quanshu.supply.registration.types import MaterialNotFound, MaterialWord


class Content:
    """Bytes that have been looked at, as the file store takes them."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def chunks(self) -> Iterator[bytes]:
        """The whole, in one piece."""
        yield self.content


@transaction.atomic
def attach_material(
    *, actor: Actor, now: datetime, application: Application, kind: str, name: str, stream: files.Chunked
) -> Material:
    """Attach a file to a draft; nothing of one that is refused is kept.

    Raises Forbidden, FieldErrors (`kind`, `file`), `registration.wrong_state`, `registration.too_many_materials`.
    """
    application = locked(application)
    require(actor, RegistrationPermission.APPLY, application)
    count = application.materials.count()
    rules.check_attachable(state=application.state, count=count)
    name = files.clean_name(name)
    content = files.read_up_to(stream, rules.MATERIAL_MIB * 1024 * 1024)
    rules.check_material(kind=kind, name=name, content=content)
    digest = sha256(content).hexdigest()
    known = application.materials.filter(kind=kind, digest=digest).exists()
    rules.check_attachable(state=application.state, count=count, known=known)
    stored = files.store(actor=actor, name=name, stream=Content(content), now=now)
    material = Material.objects.create(
        application=application,
        kind=kind,
        name=name,
        digest=stored.digest,
        size=stored.size,
        media_type=files.ALLOWED[PurePosixPath(name).suffix.lower()],
        added_at=now,
        added_by=actor.name,
    )
    details = {"material": material.uid, "kind": kind, "sha256": digest}
    note(RegistrationEvent.MATERIAL_ADDED, application, actor=actor, now=now, details=details)
    return material


@transaction.atomic
def remove_material(*, actor: Actor, now: datetime, material: Material) -> Application:
    """Take a file out of a draft. Raises Forbidden, `registration.wrong_state`, `registration.material_not_found`."""
    application = locked(material.application)
    require(actor, RegistrationPermission.APPLY, application)
    rules.check_step(application.state, "submit")
    there = application.materials.filter(pk=material.pk).first()
    if there is None:
        raise MaterialNotFound
    there.delete()
    details = {"material": there.uid, "kind": there.kind, "sha256": there.digest, "verdict": there.verdict}
    note(RegistrationEvent.MATERIAL_REMOVED, application, actor=actor, now=now, details=details)
    return application


@transaction.atomic
def judge_materials(
    *, actor: Actor, now: datetime, application: Application, words: Sequence[MaterialWord]
) -> Application:
    """Keep a reviewer's word on each material named: complete, lacking with the reason, or taken back ("").

    Raises Forbidden, FieldErrors, `registration.wrong_state`, `registration.material_not_found`.
    """
    application = locked(application)
    require(actor, RegistrationPermission.REVIEW, application)
    rules.check_words(state=application.state, words=words)
    rows = {row.uid: row for row in application.materials.all()}
    for word in words:
        if word.material not in rows:
            raise MaterialNotFound
        row = rows[word.material]
        row.verdict, row.verdict_reason = word.verdict, word.reason.strip()[:1000] if word.verdict == "lacking" else ""
        row.judged_at, row.judged_by = (now, actor.name) if word.verdict else (None, "")
        row.save(update_fields=["verdict", "verdict_reason", "judged_at", "judged_by"])
    details = {"verdicts": {word.material: word.verdict for word in words}}
    note(RegistrationEvent.MATERIAL_JUDGED, application, actor=actor, now=now, details=details)
    return application


@transaction.atomic
def read_material(*, actor: Actor, now: datetime, application: str, uid: str) -> tuple[Material, Path]:
    """A material and where its content lies, for whoever may see its application; that it was read is recorded.

    Raises `registration.material_not_found`, `files.not_found`.
    """
    material = get_material(actor=actor, application=application, uid=uid)
    path = files.path_of(material.digest)
    audit.record(
        actor=actor,
        action=RegistrationEvent.MATERIAL_READ,
        obj=material,
        kind="registration.material",
        uid=material.uid,
        label=material.application.entry.resource_name,
        details={"application": application, "kind": material.kind, "sha256": material.digest},
        now=now,
    )
    return material, path
