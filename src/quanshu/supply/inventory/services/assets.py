"""Businesses, systems and data resources: entered, changed, retired, linked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, allows, require
from quanshu.supply.catalogue.api import Entry, list_entries
from quanshu.supply.inventory import rules
from quanshu.supply.inventory.events import InventoryEvent
from quanshu.supply.inventory.models import Asset, Link, Serial
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.services.noting import note
from quanshu.supply.inventory.types import AlreadyLinked, AssetData, AssetKind, AssetState, NotLinked

# 业务, 系统, 数据.
PREFIXES: Mapping[str, str] = {AssetKind.BUSINESS: "YW", AssetKind.SYSTEM: "XT", AssetKind.DATA: "SJ"}
FIELDS = ("name", "description", "priority", "task", "basis", "network", "protection", "form", "cycle")
STRIPPED = ("name", "description", "task", "basis")


def serial_row(prefix: str) -> Serial:
    """The row of a prefix, made when it is not there, held until the transaction ends."""
    Serial.objects.get_or_create(prefix=prefix)
    return Serial.objects.select_for_update().get(prefix=prefix)


def issue_code(kind: str) -> str:
    """The next code of a kind that nobody has given out: YW-000001."""
    prefix = PREFIXES[kind]
    row = serial_row(prefix)
    while True:
        Serial.objects.filter(pk=row.pk).update(last=F("last") + 1)
        row.refresh_from_db()
        code = f"{prefix}-{row.last:06d}"
        if not Asset.objects.filter(code=code).exists():
            return code


def locked(asset: Asset) -> Asset:
    """The row as it is now, held until the transaction ends."""
    rows = Asset.objects.select_for_update(of=("self",))
    return rows.select_related("unit", "entry").get(pk=asset.pk)


def entry_for(actor: Actor, code: str) -> Entry | None:
    """The catalogue entry with a resource code, as the actor may see it. Raises FieldErrors."""
    if not code:
        return None
    entry = list_entries(actor).filter(code=code).first()
    if entry is None:
        fault = N_("There is no catalogue entry with the resource code “%(code)s” that you may see.")
        error = FieldError("entry_code", fault, N_("Copy it from the catalogue, or leave it empty."), {"code": code})
        raise FieldErrors(errors=(error,))
    return entry


def cleaned(data: AssetData) -> dict[str, str]:
    """The values as they are kept."""
    values = {name: getattr(data, name) for name in FIELDS}
    return values | {name: values[name].strip().replace("\r\n", "\n").replace("\r", "\n") for name in STRIPPED}


@transaction.atomic
def create_asset(*, actor: Actor, now: datetime, unit: Unit, kind: str, data: AssetData, code: str = "") -> Asset:
    """Enter a business, a system or a data resource of a unit; without a code one is issued.

    Raises Forbidden, FieldErrors.
    """
    asset = Asset(kind=kind, unit=unit, created_at=now, created_by=actor.name, updated_at=now)
    require(actor, P.EDIT, asset)
    if kind not in set(AssetKind):
        error = FieldError("kind", "There is no such kind.", "Use business, system or data.")
        raise FieldErrors(errors=(error,))
    code = code.strip().upper()
    if code:
        rules.check_code(code)
        if Asset.objects.filter(code=code).exists():
            error = FieldError("code", "The code “%(code)s” is in use.", "Choose another code.", {"code": code})
            raise FieldErrors(errors=(error,))
    rules.check_asset(kind, data)
    for name, value in cleaned(data).items():
        setattr(asset, name, value)
    asset.entry = entry_for(actor, data.entry_code.strip())
    asset.code = code or issue_code(kind)
    asset.save()
    note(InventoryEvent.CREATED, asset, actor=actor, now=now, details={"kind": kind, "code": asset.code})
    return asset


def differences(asset: Asset, data: AssetData, entry: Entry | None) -> dict[str, object]:
    """What a change would change: {field: new value}."""
    found: dict[str, object] = {name: value for name, value in cleaned(data).items() if value != getattr(asset, name)}
    if (entry.pk if entry else None) != asset.entry_id:
        found["entry"] = entry
    return found


@transaction.atomic
def update_asset(*, actor: Actor, now: datetime, asset: Asset, data: AssetData) -> tuple[Asset, bool]:
    """Change what is said of an object; (row, whether anything changed). Kind, unit and code stay.

    Raises Forbidden, FieldErrors, `inventory.retired`.
    """
    asset = locked(asset)
    require(actor, P.EDIT, asset)
    rules.check_active(state=asset.state, name=asset.name)
    rules.check_asset(asset.kind, data)
    kept = asset.entry if asset.entry and asset.entry.code == data.entry_code.strip() else None
    changes = differences(asset, data, kept or entry_for(actor, data.entry_code.strip()))
    if not changes:
        return asset, False
    for name, value in changes.items():
        setattr(asset, name, value)
    asset.updated_at = now
    asset.save()
    note(InventoryEvent.CHANGED, asset, actor=actor, now=now, details={"fields": sorted(changes)})
    return asset, True


@transaction.atomic
def retire_asset(*, actor: Actor, now: datetime, asset: Asset, reason: str) -> Asset:
    """Take an object out of use; its links stay and count no more. Raises Forbidden, FieldErrors,
    `inventory.retired`."""
    asset = locked(asset)
    require(actor, P.EDIT, asset)
    rules.check_retire(state=asset.state, name=asset.name, reason=reason)
    asset.state, asset.retired_reason = AssetState.RETIRED, reason.strip()
    asset.retired_at = asset.updated_at = now
    asset.save()
    note(InventoryEvent.RETIRED, asset, actor=actor, now=now, details={"reason": asset.retired_reason})
    return asset


@transaction.atomic
def restore_asset(*, actor: Actor, now: datetime, asset: Asset) -> Asset:
    """Bring an object back into use. Raises Forbidden, `inventory.not_retired`."""
    asset = locked(asset)
    require(actor, P.EDIT, asset)
    rules.check_retired(state=asset.state, name=asset.name)
    asset.state, asset.retired_reason, asset.retired_at, asset.updated_at = AssetState.ACTIVE, "", None, now
    asset.save()
    note(InventoryEvent.RESTORED, asset, actor=actor, now=now)
    return asset


@transaction.atomic
def link_assets(*, actor: Actor, now: datetime, upper: Asset, lower: Asset) -> Link:
    """Say that the upper one rests on the lower one. Whoever keeps one of the two may; the caller sees both.

    Raises Forbidden, FieldErrors, `inventory.retired`, `inventory.already_linked`.
    """
    _require_one(actor, upper, lower)
    retired = upper if upper.state == AssetState.RETIRED else lower
    rules.check_link(
        upper_kind=upper.kind,
        lower_kind=lower.kind,
        upper_state=upper.state,
        lower_state=lower.state,
        name=retired.name,
    )
    link, made = Link.objects.get_or_create(
        upper=upper, lower=lower, defaults={"created_at": now, "created_by": actor.name}
    )
    if not made:
        raise AlreadyLinked(upper=upper.name, lower=lower.name)
    for one, other in ((upper, lower), (lower, upper)):
        note(InventoryEvent.LINKED, one, actor=actor, now=now, details={"with": other.code})
    return link


@transaction.atomic
def unlink_assets(*, actor: Actor, now: datetime, upper: Asset, lower: Asset) -> None:
    """Take a link away. Raises Forbidden, `inventory.not_linked`."""
    _require_one(actor, upper, lower)
    count, _rows = Link.objects.filter(upper=upper, lower=lower).delete()
    if not count:
        raise NotLinked
    for one, other in ((upper, lower), (lower, upper)):
        note(InventoryEvent.UNLINKED, one, actor=actor, now=now, details={"with": other.code})


def _require_one(actor: Actor, upper: Asset, lower: Asset) -> None:
    """One of the two ends is the actor's to keep."""
    if not allows(actor, P.EDIT, lower):
        require(actor, P.EDIT, upper)
