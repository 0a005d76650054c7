"""Signing in: password, lock-out, one-time codes."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime

import pyotp
from django.contrib.auth.hashers import make_password
from django.db import transaction

from quanshu.kernel.ciphers import suite
from quanshu.kernel.errors import QuanshuError
from quanshu.organisation import rules
from quanshu.organisation.events import OrganisationEvent
from quanshu.organisation.models import Account
from quanshu.organisation.queries import actor_for
from quanshu.organisation.services.noting import note
from quanshu.organisation.types import CodeNeeded, WrongCode, WrongCredentials
from quanshu.shared.access.api import ANONYMOUS, Actor, Place
from quanshu.shared.keys import node_key

TOTP_STEP = 30
RECOVERY_CODES = 8


def sign_in(*, username: str, password: str, code: str = "", address: str = "", now: datetime) -> Account:
    """The account of a right name, password and, where set, one-time code. Every outcome is audited.

    Raises WrongCredentials, LockedOut, CodeNeeded or WrongCode. The count of failures is kept even
    though the caller gets an error.
    """
    with transaction.atomic():
        account, fault = _try(username=username.strip(), password=password, code=code, now=now)
        _note(username, account, fault, address=address, now=now)
    if fault is not None:
        raise fault
    if account is None:
        raise WrongCredentials
    return account


def _try(*, username: str, password: str, code: str, now: datetime) -> tuple[Account | None, QuanshuError | None]:
    account = (
        Account.objects.select_for_update(of=("self",)).select_related("person__unit").filter(username=username).first()
    )
    if account is None:
        # As slow as for a name that exists, so that names cannot be found out by time.
        make_password(password)
        return None, WrongCredentials()
    try:
        rules.check_not_locked(locked_until=account.locked_until, now=now)
    except QuanshuError as fault:
        return account, fault
    if not account.check_password(password) or not account.is_active or not account.person.active:
        return account, _count_failure(account, now)
    if account.has_totp:
        if not code:
            return account, CodeNeeded()
        if not _code_fits(account, code, now):
            _count_failure(account, now)
            return account, WrongCode()
    account.failures, account.locked_until, account.last_login = 0, None, now
    account.save(update_fields=["failures", "locked_until", "last_login", "totp_last", "recovery_hashes"])
    return account, None


def _count_failure(account: Account, now: datetime) -> QuanshuError:
    account.failures += 1
    account.locked_until = rules.lock_after(failures=account.failures, now=now)
    if account.locked_until is not None:
        account.failures = 0
    account.save(update_fields=["failures", "locked_until"])
    return WrongCredentials()


def _code_fits(account: Account, code: str, now: datetime) -> bool:
    """A current code that was not used before (RFC 6238, one step of skew), or an unused recovery code."""
    text = code.replace(" ", "").replace("-", "")
    step = int(now.timestamp()) // TOTP_STEP
    generator = pyotp.TOTP(open_secret(account))
    for candidate in (step - 1, step, step + 1):
        if candidate > account.totp_last and secrets.compare_digest(generator.at(candidate * TOTP_STEP), text):
            account.totp_last = candidate
            return True
    digest = recovery_digest(text)
    if digest in account.recovery_hashes:
        account.recovery_hashes = [kept for kept in account.recovery_hashes if kept != digest]
        return True
    return False


def start_totp() -> str:
    """A fresh secret to be shown as a QR code; nothing is kept until it is confirmed."""
    return pyotp.random_base32()


@transaction.atomic
def confirm_totp(*, actor: Actor, account: Account, secret: str, code: str, now: datetime) -> list[str]:
    """Turn one-time codes on after a first right code; returns the recovery codes, shown once. Raises WrongCode."""
    if actor.uid != account.uid:
        raise WrongCredentials
    if not pyotp.TOTP(secret).verify(code.replace(" ", ""), for_time=now, valid_window=1):
        raise WrongCode
    codes = [secrets.token_hex(5) for _ in range(RECOVERY_CODES)]
    sealed = suite("intl").seal(node_key("totp"), secret.encode(), account.uid.encode())
    account.totp_secret = base64.b64encode(sealed).decode("ascii")
    account.totp_last = int(now.timestamp()) // TOTP_STEP
    account.recovery_hashes = [recovery_digest(code) for code in codes]
    account.save(update_fields=["totp_secret", "totp_last", "recovery_hashes"])
    _note_totp(account, actor, now, on=True)
    return codes


@transaction.atomic
def remove_totp(*, actor: Actor, account: Account, password: str, now: datetime) -> None:
    """Turn one-time codes off; asks for the password. Raises WrongCredentials."""
    if actor.uid != account.uid or not account.check_password(password):
        raise WrongCredentials
    account.totp_secret, account.recovery_hashes = "", []
    account.save(update_fields=["totp_secret", "recovery_hashes"])
    _note_totp(account, actor, now, on=False)


def open_secret(account: Account) -> str:
    """The account's secret in base 32."""
    sealed = base64.b64decode(account.totp_secret)
    return suite("intl").open(node_key("totp"), sealed, account.uid.encode()).decode()


def recovery_digest(code: str) -> str:
    """What is kept of a recovery code, which is random."""
    return hashlib.sha256(code.encode()).hexdigest()


def _note_totp(account: Account, actor: Actor, now: datetime, *, on: bool) -> None:
    note(
        OrganisationEvent.TOTP_CHANGED,
        actor=actor,
        kind="organisation.person",
        uid=account.person.uid,
        label=account.person.name,
        place=account.person.access_place(),
        details={"on": on},
        now=now,
    )


def _note(username: str, account: Account | None, fault: QuanshuError | None, *, address: str, now: datetime) -> None:
    """Audit the attempt; the name of an unknown account is not kept, as it may be a mistyped password."""
    person = account.person if account else None
    actor = actor_for(account) if account and fault is None else ANONYMOUS
    note(
        OrganisationEvent.SIGN_IN_REFUSED if fault else OrganisationEvent.SIGNED_IN,
        actor=actor,
        kind="organisation.person",
        uid=person.uid if person else "",
        label=username if account else "",
        place=person.access_place() if person else Place(),
        details={"reason": fault.code, "address": address} if fault else {"address": address},
        outcome="refused" if fault else "done",
        now=now,
    )
