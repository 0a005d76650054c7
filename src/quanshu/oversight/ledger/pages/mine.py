"""A resident takes the proof of a use of its own data."""

from __future__ import annotations

from typing import Any

from quanshu.city.citizen.api import CitizenPermission
from quanshu.oversight.ledger import queries
from quanshu.oversight.ledger.pages.proofs import EntryProof
from quanshu.shared.audit.api import AuditEntry


class MyProof(EntryProof):
    """The proof file of a use: a call, a scan or a presentation, by its receipt."""

    permission = CitizenPermission.VIEW

    def entry(self, **kwargs: Any) -> AuditEntry:
        return queries.use_entry(actor=self.actor, receipt_id=kwargs["receipt"], now=self.now)
