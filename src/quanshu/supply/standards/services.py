"""Writes of the catalogue standard: permission, rule, change, audit, outbox, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import SYSTEM, Actor, Place, require
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.supply.standards import queries, rules
from quanshu.supply.standards.events import StandardsEvent
from quanshu.supply.standards.models import Version
from quanshu.supply.standards.permissions import StandardsPermission
from quanshu.supply.standards.types import ChangedMeanwhile, DraftOpen, Standard, VersionState, to_plain

KIND = "standards.version"
# The standard belongs to the whole city.
CITY = Place(unit_path="/")


@transaction.atomic
def draft_version(*, actor: Actor, now: datetime, title: str, title_en: str = "", basis: str) -> Version:
    """Draft the next version as a copy of the one in force. Raises Forbidden, FieldErrors, DraftOpen."""
    require(actor, StandardsPermission.EDIT, CITY)
    rules.check_about(title=title, basis=basis)
    there = queries.open_version()
    if there is not None:
        raise DraftOpen(number=there.number)
    source = Version.objects.select_for_update().get(pk=queries.version_in_force().pk)
    version = Version.objects.create(
        number=Version.objects.order_by("-number").values_list("number", flat=True)[0] + 1,
        title=title.strip(),
        title_en=title_en.strip(),
        basis=basis.strip(),
        content=source.content,
        created_at=now,
        created_by=actor.name,
        updated_at=now,
    )
    _note(version, StandardsEvent.DRAFTED, actor=actor, now=now, details={"copied_from": source.number})
    return version


@transaction.atomic
def describe_version(
    *, actor: Actor, now: datetime, version: Version, title: str, title_en: str = "", basis: str
) -> Version:
    """Change a draft's name and what it rests on. Raises Forbidden, WrongState, FieldErrors."""
    version = _locked(version)
    require(actor, StandardsPermission.EDIT, version)
    rules.check_editable(version.state)
    rules.check_about(title=title, basis=basis)
    version.title, version.title_en, version.basis = title.strip(), title_en.strip(), basis.strip()
    return _save(version, actor=actor, now=now, details={"changed": ["about"]})


@transaction.atomic
def change_standard(
    *, actor: Actor, now: datetime, version: Version, standard: Standard, edits: int | None = None
) -> Version:
    """Replace what a draft says. `edits` is the count the editor read, when it must still hold.

    Raises Forbidden, WrongState, FieldErrors, ChangedMeanwhile.
    """
    version = _locked(version)
    require(actor, StandardsPermission.EDIT, version)
    rules.check_editable(version.state)
    if edits is not None and edits != version.edits:
        raise ChangedMeanwhile
    rules.check_standard(standard)
    changes = rules.differences(queries.content_of(version), standard)
    version.content = to_plain(standard)
    told = sorted({f"{change.kind} {change.code}" for change in changes})
    return _save(version, actor=actor, now=now, details={"changed": told[:50]})


@transaction.atomic
def decide_version(*, actor: Actor, now: datetime, version: Version, on: date | None, reason: str) -> Version:
    """Decide that a draft comes into force on a day, today or later. It does not change from then on.

    Raises Forbidden, WrongState, FieldErrors.
    """
    version = _locked(version)
    require(actor, StandardsPermission.DECIDE, version)
    rules.check_step(version.state, "decide")
    today = now.astimezone(CITY_TZ).date()
    rules.check_decision(on=on, reason=reason, today=today)
    rules.check_standard(queries.content_of(version))
    version.state, version.in_force_on, version.reason = VersionState.DECIDED, on, reason.strip()
    version.decided_at, version.decided_by, version.updated_at = now, actor.name, now
    version.save()
    _note(version, StandardsEvent.DECIDED, actor=actor, now=now, details={"on": str(on), "reason": reason.strip()})
    return _begin(version, actor=actor, now=now) if on == today else version


@transaction.atomic
def recall_version(*, actor: Actor, now: datetime, version: Version, reason: str) -> Version:
    """Take a decision back before its day; the version is a draft again. Raises Forbidden, WrongState, FieldErrors."""
    version = _locked(version)
    require(actor, StandardsPermission.DECIDE, version)
    rules.check_step(version.state, "recall")
    rules.check_reason(reason)
    version.state, version.in_force_on, version.updated_at = VersionState.DRAFT, None, now
    version.save()
    _note(version, StandardsEvent.RECALLED, actor=actor, now=now, details={"reason": reason.strip()})
    return version


@transaction.atomic
def begin_due_versions(now: datetime) -> int:
    """Put in force what was decided for a day that has come; returns how many."""
    today = now.astimezone(CITY_TZ).date()
    due = Version.objects.select_for_update().filter(state=VersionState.DECIDED, in_force_on__lte=today)
    found = list(due.order_by("number"))
    for version in found:
        _begin(version, actor=SYSTEM, now=now)
    return len(found)


def _begin(version: Version, *, actor: Actor, now: datetime) -> Version:
    rules.check_step(version.state, "begin")
    for old in Version.objects.select_for_update().filter(state=VersionState.IN_FORCE):
        old.state, old.ended_on, old.updated_at = VersionState.SUPERSEDED, version.in_force_on, now
        old.save()
        _note(old, StandardsEvent.SUPERSEDED, actor=actor, now=now, details={"by": version.number})
    version.state, version.updated_at = VersionState.IN_FORCE, now
    version.save()
    _note(version, StandardsEvent.BEGAN, actor=actor, now=now, details={"on": str(version.in_force_on)})
    return version


def _locked(version: Version) -> Version:
    return Version.objects.select_for_update().get(pk=version.pk)


def _save(version: Version, *, actor: Actor, now: datetime, details: Mapping[str, Any]) -> Version:
    version.edits += 1
    version.updated_at = now
    version.save()
    _note(version, StandardsEvent.CHANGED, actor=actor, now=now, details=details)
    return version


def _note(version: Version, event: StandardsEvent, *, actor: Actor, now: datetime, details: Mapping[str, Any]) -> None:
    """Steps four and five of a write: audit, then outbox."""
    audit.record(
        actor=actor,
        action=event,
        obj=version,
        kind=KIND,
        uid=version.uid,
        label=f"{version.title} v{version.number}",
        details=details,
        now=now,
    )
    outbox.add(name=event, payload={"number": version.number, "state": version.state}, now=now)


def seed_first_version(**kwargs: Any) -> None:
    """Bring in the shipped first version, in force, where there is none yet; after each migrate."""
    from quanshu.kernel.clock import now as clock_now

    rows = Version.objects.using(kwargs.get("using") or "default")
    if rows.exists():
        return
    shipped, now = queries.shipped(), clock_now()
    rows.create(
        number=queries.FIRST,
        title=shipped["title"],
        title_en=shipped["title_en"],
        basis=shipped["basis"],
        state=VersionState.IN_FORCE,
        content=shipped["content"],
        in_force_on=date.fromisoformat(shipped["in_force_on"]),
        created_at=now,
        created_by="system",
        updated_at=now,
    )
