"""The data key of each subject, and the master key they are wrapped under.

Envelope encryption: content is sealed under a subject's data key, the data key is wrapped under a version of the
master key, and the master key never leaves the key service.
"""

from __future__ import annotations

import base64
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F

from quanshu.city.vault.events import VaultEvent
from quanshu.city.vault.models import Certificate, MasterKey, Presentation, Rotation, SubjectKey
from quanshu.city.vault.permissions import VaultPermission
from quanshu.city.vault.types import KeyGone, KeyInUse, KeyService, RotationUnderWay, WorkState, Wrapped
from quanshu.kernel.ciphers import suite
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.jobs.api import enqueue
from quanshu.shared.keys import node_key, numbered_key
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.subjects.api import Subject

FAMILY = "vault-master"
ROTATE_JOB = "vault.rotate"
BATCH = 200


class NodeKeyService:
    """Master keys as files in the node's keys folder; which version is current stands in the database."""

    def current(self) -> int:
        newest = MasterKey.objects.order_by("-version").values_list("version", flat=True).first()
        return newest or 1

    def advance(self) -> int:
        version = self.current() + 1
        numbered_key(FAMILY, version)
        return version

    def create(self, context: str) -> Wrapped:
        return self._wrap(suite("intl").generate_key(), context)

    def unwrap(self, wrapped: Wrapped, context: str) -> bytes:
        if not wrapped.text:
            raise KeyGone
        return suite("intl").open(self._master(wrapped.version), base64.b64decode(wrapped.text), context.encode())

    def rewrap(self, wrapped: Wrapped, context: str) -> Wrapped:
        if wrapped.version == self.current():
            return wrapped
        return self._wrap(self.unwrap(wrapped, context), context)

    def destroy(self, version: int) -> None:
        name = FAMILY if version <= 1 else f"{FAMILY}-{version}"
        (settings.QUANSHU_KEYS_DIR / f"{name}.key").unlink(missing_ok=True)
        node_key.cache_clear()

    def _wrap(self, data_key: bytes, context: str) -> Wrapped:
        version = self.current()
        sealed = suite("intl").seal(self._master(version), data_key, context.encode())
        return Wrapped(version, base64.b64encode(sealed).decode("ascii"))

    def _master(self, version: int) -> bytes:
        if MasterKey.objects.filter(version=version, destroyed_at__isnull=False).exists():
            raise KeyGone
        return numbered_key(FAMILY, version)


def key_service() -> KeyService:
    """The key service of this node."""
    return NodeKeyService()


def context_of(key: SubjectKey) -> str:
    """What a wrapped key is bound to: its own row and its subject."""
    return f"{key.uid}:{key.subject.uid}"


def key_for(subject: Subject, *, now: datetime) -> SubjectKey:
    """The subject's key in force, made on first use."""
    found = SubjectKey.objects.filter(subject=subject, destroyed_at__isnull=True).first()
    if found is not None:
        return found
    service = key_service()
    if not MasterKey.objects.exists():
        MasterKey.objects.create(version=service.current(), created_at=now)
    key = SubjectKey(subject=subject, created_at=now)
    wrapped = service.create(context_of(key))
    key.version, key.wrapped = wrapped.version, wrapped.text
    key.save()
    return key


def seal(key: SubjectKey, text: str, context: str) -> str:
    """The text under the subject's data key, bound to `context` (the uid of what holds it). Raises `vault.key_gone`."""
    data_key = key_service().unwrap(Wrapped(key.version, key.wrapped), context_of(key))
    return base64.b64encode(suite("intl").seal(data_key, text.encode(), context.encode())).decode("ascii")


def unseal(key: SubjectKey, sealed: str, context: str) -> str:
    """Undo `seal`. Raises `vault.key_gone` when the key has been destroyed, `kernel.open_failed` for other bytes."""
    data_key = key_service().unwrap(Wrapped(key.version, key.wrapped), context_of(key))
    return suite("intl").open(data_key, base64.b64decode(sealed), context.encode()).decode()


@transaction.atomic
def start_rotation(*, actor: Actor, now: datetime) -> Rotation:
    """Make a new version of the master key and wrap every data key under it, in the background.

    Raises Forbidden, `vault.rotation_under_way`.
    """
    require(actor, VaultPermission.ROTATE)
    if Rotation.objects.select_for_update().filter(state=WorkState.RUNNING).exists():
        raise RotationUnderWay
    service = key_service()
    if not MasterKey.objects.exists():
        MasterKey.objects.create(version=service.current(), created_at=now)
    version = service.advance()
    MasterKey.objects.create(version=version, created_at=now)
    total = SubjectKey.objects.filter(destroyed_at__isnull=True).exclude(version=version).count()
    rotation = Rotation.objects.create(version=version, total=total, started_at=now, started_by=actor.name)
    _note(VaultEvent.KEY_ROTATED, actor, rotation.uid, {"version": version, "keys": total}, now)
    enqueue(ROTATE_JOB, {"uid": rotation.uid}, now=now, key=f"{ROTATE_JOB}:{rotation.uid}")
    return rotation


def rotate_some(uid: str, *, now: datetime, most: int = BATCH) -> bool:
    """Wrap up to `most` keys more; False when the rotation is done.

    Each batch is one transaction with the place it came to, so that a killed worker goes on from there.
    """
    with transaction.atomic():
        rotation = Rotation.objects.select_for_update().get(uid=uid)
        if rotation.state == WorkState.DONE:
            return False
        rows = SubjectKey.objects.select_for_update(of=("self",)).select_related("subject")
        waiting = rows.filter(destroyed_at__isnull=True, pk__gt=rotation.reached).exclude(version=rotation.version)
        batch = list(waiting.order_by("pk")[:most])
        service = key_service()
        for key in batch:
            wrapped = service.rewrap(Wrapped(key.version, key.wrapped), context_of(key))
            key.version, key.wrapped = wrapped.version, wrapped.text
            key.save(update_fields=["version", "wrapped"])
        rotation.done += len(batch)
        rotation.reached = batch[-1].pk if batch else rotation.reached
        if len(batch) < most:
            rotation.state, rotation.finished_at = WorkState.DONE, now
        rotation.save()
        return rotation.state != WorkState.DONE


@transaction.atomic
def destroy_master(*, actor: Actor, now: datetime, version: int) -> MasterKey:
    """Destroy an old version of the master key, so that copies of keys wrapped under it, in backups too, stay shut.

    Raises Forbidden, `vault.key_in_use`.
    """
    require(actor, VaultPermission.ROTATE)
    row = MasterKey.objects.select_for_update().filter(version=version, destroyed_at__isnull=True).first()
    used = SubjectKey.objects.filter(version=version, destroyed_at__isnull=True).exists()
    if row is None or used or version == key_service().current():
        raise KeyInUse
    row.destroyed_at = now
    row.save(update_fields=["destroyed_at"])
    _note(VaultEvent.MASTER_DESTROYED, actor, str(version), {"version": version}, now)
    transaction.on_commit(lambda: key_service().destroy(version))
    return row


def destroy_key(key: SubjectKey, *, now: datetime) -> int:
    """Forget a data key and what was sealed under it; answers how many certificates nobody can read any more."""
    key.wrapped, key.destroyed_at = "", now
    key.save(update_fields=["wrapped", "destroyed_at"])
    Presentation.objects.filter(certificate__key=key).update(sealed="", expires_at=F("made_at"))
    return Certificate.objects.filter(key=key).update(sealed="", changed_at=now)


def _note(event: VaultEvent, actor: Actor, uid: str, details: dict[str, int], now: datetime) -> None:
    audit.record(actor=actor, action=event, kind="vault.key", uid=uid, label=event.value, details=details, now=now)
    outbox.add(name=event, payload={"uid": uid, **details}, now=now)
