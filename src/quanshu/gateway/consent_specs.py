"""What a snapshot says of consents: whose a service asks for, and what they are checked with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ConsentSpec:
    """Whose consent a service asks for: the parameter that names them, and whether it is a person's or an enterprise's.

    `example` is the digest of the documentation's example, which is nobody and which the live check asks for.
    """

    parameter: str
    subject: str = "person"
    example: str = ""


@dataclass(frozen=True, slots=True)
class ConsentKeysSpec:
    """What consents are checked with: the key of subjects' digests, sealed with `subject` as context, and the raw
    public keys (Ed25519, Base64) of those who issue them by key id."""

    subject_sealed: str
    issuers: tuple[tuple[str, str], ...] = ()


def decode_consent_keys(row: Mapping[str, Any] | None) -> ConsentKeysSpec | None:
    """What consents are checked with; None in the snapshot of a control plane that knows none."""
    return ConsentKeysSpec(row["subject_sealed"], tuple((kid, key) for kid, key in row["issuers"])) if row else None
