"""What a node mends by itself: a snapshot or a serving table that was damaged on disk."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from quanshu.gateway.snapshot import BadSnapshot, load_snapshot
from quanshu.lake.serving import is_sound
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit import api as audit
from quanshu.shared.jobs import api as jobs
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Publication, Service
from quanshu.sharing.services.services.publishing import mark_dirty

SERVE_JOB = "services.serve"


def mend_snapshot(now: datetime) -> str:
    """Publish anew when the snapshot in force cannot be used; returns what was wrong with it, or ""."""
    version = Publication.objects.filter(pk=1, dirty=False).values_list("version", flat=True).first()
    if not version:
        return ""
    try:
        public_key = (settings.QUANSHU_KEYS_DIR / "snapshot.pub").read_bytes()
        load_snapshot(settings.QUANSHU_GATEWAY_DIR, public_key, newer_than=version)
    except BadSnapshot as found:
        fault = str(found.params.get("fault", found))
        with transaction.atomic():
            mark_dirty()
            tell(ServiceEvent.SNAPSHOT_MENDED, str(version), fault, now)
        return fault
    return ""


def mend_table(service: Service, now: datetime) -> bool:
    """Have a service's serving table built anew when its file is damaged or gone; whether it was."""
    path = settings.QUANSHU_SERVING_DIR / service.serving_file
    if not service.serving_file.endswith(".sqlite") or is_sound(path):
        return False
    with transaction.atomic():
        tell(ServiceEvent.TABLE_MENDED, service.uid, service.serving_file, now)
        jobs.enqueue(SERVE_JOB, {"entry_uid": service.entry.uid}, now=now, run_at=None, key=f"mend:{service.uid}")
    path.unlink(missing_ok=True)
    return True


def tell(event: ServiceEvent, uid: str, fault: str, now: datetime) -> None:
    """The audit entry of a mending."""
    kind = event.rpartition(".")[0]
    audit.record(actor=SYSTEM, action=event, kind=kind, uid=uid, label=kind, details={"fault": fault}, now=now)
