"""Writes of subjects."""

from __future__ import annotations

from quanshu.sharing.subjects.services.enrolling import ensure_subject
from quanshu.sharing.subjects.services.evidence import keep_evidence, read_evidence
from quanshu.sharing.subjects.services.mandates import (
    approve_mandate,
    ask_mandate,
    end_mandate,
    end_replaced,
    give_mandate,
    refuse_mandate,
    withdraw_mandate,
)
from quanshu.sharing.subjects.services.signing_in import begin_sign_in, finish_sign_in, note_acting, sign_out

__all__ = [
    "approve_mandate",
    "ask_mandate",
    "begin_sign_in",
    "end_mandate",
    "end_replaced",
    "ensure_subject",
    "finish_sign_in",
    "give_mandate",
    "keep_evidence",
    "note_acting",
    "read_evidence",
    "refuse_mandate",
    "sign_out",
    "withdraw_mandate",
]
