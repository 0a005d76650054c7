"""What privacy tells others about; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class PrivacyEvent(StrEnum):
    RULE_PROPOSED = "privacy.rule.proposed"
    RULE_APPROVED = "privacy.rule.approved"
    RULE_REFUSED = "privacy.rule.refused"
    RULE_ENDED = "privacy.rule.ended"
    RUN_STARTED = "privacy.run.started"
    RUN_STOPPED = "privacy.run.stopped"
    CERTIFIED = "privacy.run.certified"
    HELD = "privacy.hold.placed"
    LIFTED = "privacy.hold.lifted"
    DRAFTED = "privacy.record.drafted"
    SUBMITTED = "privacy.record.submitted"
    APPROVED = "privacy.record.approved"
    RETURNED = "privacy.record.returned"
    WITHDRAWN = "privacy.record.withdrawn"
    REPLACED = "privacy.record.replaced"
    LACKING = "privacy.record.lacking"
    UNMASK_ASKED = "privacy.unmask.asked"
    UNMASK_GRANTED = "privacy.unmask.granted"
    UNMASK_REFUSED = "privacy.unmask.refused"
    UNMASK_ENDED = "privacy.unmask.ended"
