"""What happens to services, applications and grants; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class ServiceEvent(StrEnum):
    CREATED = "services.service.created"
    CHANGED = "services.service.changed"
    PUBLISHED = "services.service.published"
    REVISED = "services.service.revised"
    WITHDRAWN = "services.service.withdrawn"
    VERSION_KEPT = "services.service.version_kept"
    VERSION_END = "services.service.version_end_set"
    GRANT_MOVED = "services.grant.moved"
    CONSUMER_CREATED = "services.consumer.created"
    KEY_ROTATED = "services.consumer.key_rotated"
    KEY_REGISTERED = "services.consumer.key_registered"
    KEY_ENDED = "services.consumer.key_ended"
    SIGNING_CHANGED = "services.consumer.signing_changed"
    CONSUMER_STOPPED = "services.consumer.stopped"
    GRANTED = "services.grant.created"
    LIMITS_CHANGED = "services.grant.limits_changed"
    REVOKED = "services.grant.revoked"
    SHRUNK = "services.grant.shrunk"
    EXTENDED = "services.grant.extended"
    SNAPSHOT_MENDED = "services.snapshot.mended"
    TABLE_MENDED = "services.table.mended"
    JOURNAL_CLEARED = "services.journal.cleared"
    CONSENT_USED = "services.exchange.consented"
    MOUNT_CHANGED = "services.mount.changed"
