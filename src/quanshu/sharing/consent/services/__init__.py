"""Writes of consents."""

from quanshu.sharing.consent.services.asking import ask_consent
from quanshu.sharing.consent.services.deciding import grant_consent, refuse_consent, revoke_consent
from quanshu.sharing.consent.services.feeding import feed_waiting, mend_feed, snapshot_part
from quanshu.sharing.consent.services.ordering import end_order, record_order
from quanshu.sharing.consent.services.showing import consent_once
from quanshu.sharing.consent.services.using import end_run_out, record_use

__all__ = [
    "ask_consent",
    "consent_once",
    "end_order",
    "end_run_out",
    "feed_waiting",
    "grant_consent",
    "mend_feed",
    "record_order",
    "record_use",
    "refuse_consent",
    "revoke_consent",
    "snapshot_part",
]
