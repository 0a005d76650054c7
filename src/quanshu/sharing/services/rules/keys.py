"""What a key may be, how long it holds, and how an application signs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn

from django.utils.translation import gettext_noop as N_

from quanshu.gateway.signing.certificates import clean_fingerprint, fingerprint_of
from quanshu.gateway.signing.keys import BadKey, PrivateKeyGiven, read_public_key
from quanshu.gateway.signing.profiles import PUBLIC_SCHEMES, Profile
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.sharing.services.types import TooManyKeys

MOST_KEYS = 10
MOST_LIFE, MOST_OVERLAP = timedelta(days=731), timedelta(days=90)


def check_public_key(scheme: str, text: str) -> bytes:
    """The raw public key of what was entered. Raises FieldErrors."""
    if scheme not in PUBLIC_SCHEMES:
        _refuse("scheme", N_("There is no such kind of key."), N_("Choose Ed25519 or SM2."))
    try:
        return read_public_key(scheme, text)
    except PrivateKeyGiven:
        remedy = N_("Send the public part alone, and make a new pair: what was sent is private no longer.")
        _refuse("public_key", N_("This is a private key."), remedy)
    except BadKey:
        remedy = N_("Paste the public key in PEM, from its BEGIN to its END line, or in Base64.")
        _refuse("public_key", N_("This is not a public key of the kind chosen."), remedy)


def check_key_life(not_after: datetime, *, now: datetime) -> None:
    """A key ends in the future, at most two years away. Raises FieldErrors."""
    if not now < not_after <= now + MOST_LIFE:
        _refuse("not_after", N_("A key ends within the next two years."), N_("Choose a day in that time."))


def check_overlap(ends_at: datetime | None, *, now: datetime) -> None:
    """An old key ends now or later, at most 90 days after it was replaced. Raises FieldErrors."""
    if ends_at is not None and not now <= ends_at <= now + MOST_OVERLAP:
        _refuse("ends_at", N_("The old key ends within the next 90 days."), N_("Choose a day in that time."))


def check_key_count(count: int) -> None:
    """Each call is held against every secret, so there are not many. Raises TooManyKeys."""
    if count >= MOST_KEYS:
        raise TooManyKeys(count=count)


def check_profiles(profiles: Sequence[str]) -> list[str]:
    """The ways of signing in their order, each once. Raises FieldErrors."""
    found = [str(profile) for profile in Profile if profile in profiles]
    if not found or set(profiles) - set(found):
        _refuse("profiles", N_("At least one way of signing is needed."), N_("Choose among those that are offered."))
    return found


def check_fingerprints(given: Sequence[str]) -> list[str]:
    """SHA-256 of each certificate, in lower-case hex, each once. Raises FieldErrors."""
    found = []
    for text in given:
        mark = clean_fingerprint(text) or fingerprint_of(text)
        if not mark:
            remedy = N_("Give its SHA-256 as 64 hexadecimal digits, or the whole certificate in PEM.")
            _refuse("fingerprints", N_("This is not a certificate."), remedy)
        found.append(mark)
    return list(dict.fromkeys(found))


def _refuse(field: str, fault: str, remedy: str) -> NoReturn:
    raise FieldErrors(errors=(FieldError(field, fault, remedy),))
