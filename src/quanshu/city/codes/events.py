"""What happens to codes and scenes; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class CodeEvent(StrEnum):
    SCENE_DRAFTED = "codes.scene.drafted"
    SCENE_CHANGED = "codes.scene.changed"
    SCENE_SUBMITTED = "codes.scene.submitted"
    SCENE_RETURNED = "codes.scene.returned"
    SCENE_APPROVED = "codes.scene.approved"
    SCENE_STARTED = "codes.scene.started"
    SCENE_SUSPENDED = "codes.scene.suspended"
    SCENE_RESUMED = "codes.scene.resumed"
    SCENE_ENDED = "codes.scene.ended"
    VERIFIER_REGISTERED = "codes.verifier.registered"
    VERIFIER_SUSPENDED = "codes.verifier.suspended"
    VERIFIER_RESUMED = "codes.verifier.resumed"
    VERIFIER_ENDED = "codes.verifier.ended"
    VERIFIER_RENEWED = "codes.verifier.renewed"
    TYPED = "codes.code.typed"
    SCANNED = "codes.code.scanned"
    REFUSED = "codes.code.refused"
    DOUBLE_USED = "codes.code.double_used"
    BLOCKED = "codes.holder.blocked"
    UNBLOCKED = "codes.holder.unblocked"
    KEY_ROTATED = "codes.key.rotated"
