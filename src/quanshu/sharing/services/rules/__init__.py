"""Pure decisions of data services."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from ipaddress import ip_network
from typing import Any, NoReturn

from django.utils.translation import gettext_noop as N_

from quanshu.gateway.execution import fault_of
from quanshu.gateway.limits import read_window
from quanshu.gateway.signing.certificates import clean_fingerprint, fingerprint_of
from quanshu.gateway.signing.keys import BadKey, PrivateKeyGiven, read_public_key
from quanshu.gateway.signing.profiles import PUBLIC_SCHEMES, Profile
from quanshu.gateway.snapshot import ParameterSpec
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.masking import Mask
from quanshu.sharing.services.rules.items import core_fault, default_mask, missing
from quanshu.sharing.services.rules.specs import columns_of, data_of, key_sets, marking_key, spec_of
from quanshu.sharing.services.rules.statistics import cube_of, statistic_faults
from quanshu.sharing.services.types import ChangeKind as C
from quanshu.sharing.services.types import (
    EntryNotReady,
    EntryNotShared,
    GrantLimits,
    ParameterData,
    ServiceData,
    ServiceState,
    Shape,
    SpecChange,
    TooManyKeys,
    WrongState,
)
from quanshu.supply.catalogue.api import ItemData, ShareType

__all__ = [
    "SID",
    "check_code",
    "check_entry",
    "check_grant",
    "check_service",
    "check_step",
    "columns_of",
    "core_fault",
    "cube_of",
    "data_of",
    "default_mask",
    "key_sets",
    "marking_key",
    "offered",
    "spec_of",
]

SID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
ROW_CAP_MAX = 1000
RATE_MAX = 60_000
NO_LIMITS = GrantLimits()
WINDOW_REMEDY = N_("Write weekdays (1 is Monday) and hours, such as 12345 08:30-17:30, one window a line.")
NETWORK_REMEDY = N_("Write networks in CIDR form, such as 10.1.0.0/16, one a line.")
MOST_KEYS = 10
MOST_LIFE, MOST_OVERLAP = timedelta(days=731), timedelta(days=90)
# An old version answers 30 days more where no day is named, and at least 10 working days.
BESIDE_DAYS, NOTICE_DAYS, LONGEST_BESIDE = 30, 10, 730
STEPS: Mapping[str, frozenset[str]] = {
    "changed": frozenset({ServiceState.DRAFT}),
    "published": frozenset({ServiceState.DRAFT}),
    "revised": frozenset({ServiceState.PUBLISHED, ServiceState.WITHDRAWN}),
    "withdrawn": frozenset({ServiceState.PUBLISHED}),
}


def check_step(state: str, step: str) -> None:
    """WrongState when the state does not allow the step."""
    if state not in STEPS[step]:
        raise WrongState(state=state, step=step)


def check_entry(*, state: str, share_type: str, law: str, name: str) -> None:
    """A service stands on a published entry that may be shared."""
    if state != "published":
        raise EntryNotReady(entry=name)
    if share_type == ShareType.NOT_SHARED:
        raise EntryNotShared(entry=name, law=law)


def code_faults(sid: str, name: str) -> list[FieldError]:
    """Faults of a service's code and name."""
    faults = []
    if not SID.match(sid) or len(sid) > 60:
        faults.append(
            FieldError(
                "sid",
                N_("The code is lower-case words joined by hyphens, 60 characters at most."),
                N_("Use a code such as jn-ga-resident-query."),
            )
        )
    if not name.strip():
        faults.append(FieldError("name", N_("This must not be empty."), N_("Enter a name.")))
    return faults


def check_code(sid: str, name: str) -> None:
    """FieldErrors when a service cannot have this code or name."""
    faults = code_faults(sid, name)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_service(data: ServiceData, items: Mapping[str, ItemData]) -> None:
    """A service whose parameters and fields are graded items of its entry. Raises FieldErrors with every fault."""
    faults = code_faults(data.sid, data.name)
    if data.shape not in {shape.value for shape in Shape}:
        faults.append(FieldError("shape", N_("This shape is not known."), N_("Choose one of the list.")))
    if not 1 <= data.row_cap <= ROW_CAP_MAX:
        faults.append(FieldError("row_cap", N_("A call returns 1 to 1,000 rows."), N_("Enter a number in that range.")))
    if data.shape == Shape.STATISTIC:
        faults += statistic_faults(data.statistic, items)
    elif data.shape != Shape.COMPOSITE:
        faults += parameter_faults(data, items)
        faults += field_faults(data, items)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def parameter_faults(data: ServiceData, items: Mapping[str, ItemData]) -> list[FieldError]:
    """Faults of the parameters."""
    faults: list[FieldError] = []
    if not any(not parameter.compare for parameter in data.parameters):
        faults.append(FieldError("parameters", N_("A service is searched by at least one item."), N_("Choose one.")))
    if data.shape == Shape.VERIFY and not any(parameter.compare for parameter in data.parameters):
        faults.append(FieldError("parameters", N_("A verify service compares at least one item."), N_("Choose one.")))
    if data.shape == Shape.QUERY and any(parameter.compare for parameter in data.parameters):
        faults.append(FieldError("parameters", N_("A query compares nothing."), N_("Search by the item instead.")))
    names = [parameter.name for parameter in data.parameters]
    if len(set(names)) != len(names):
        faults.append(FieldError("parameters", N_("An item stands twice."), N_("Name each once.")))
    for parameter in data.parameters:
        item = items.get(parameter.name)
        if item is None:
            faults.append(missing("parameters", parameter.name))
        else:
            faults += one_parameter(parameter, item)
            faults += core_fault("parameters", item)
    return faults


def one_parameter(parameter: ParameterData, item: ItemData) -> list[FieldError]:
    """Faults of one parameter's limits and example, which the gateway must take: the live check sends it."""
    where = f"parameters.{parameter.name}"
    if not 1 <= parameter.max_length <= 1000:
        return [FieldError(where, N_("The longest value is 1 to 1,000 characters."), N_("Enter a number in range."))]
    try:
        form = re.compile(parameter.pattern) if parameter.pattern else None
    except re.error:
        return [FieldError(where, N_("The pattern is not a regular expression."), N_("Correct it."))]
    if not parameter.example or len(parameter.example) > parameter.max_length:
        return [FieldError(where, N_("The example is missing or too long."), N_("Give one that is nobody's value."))]
    if form is not None and not form.fullmatch(parameter.example):
        return [FieldError(where, N_("The example does not have the form asked for."), N_("Correct one of the two."))]
    if fault_of(ParameterSpec(item.name, item.name, item.data_type, max_length=1000), parameter.example) is not None:
        return [FieldError(where, N_("The example is no value of the item's type."), N_("Give one that is."))]
    return []


def field_faults(data: ServiceData, items: Mapping[str, ItemData]) -> list[FieldError]:
    """Faults of the fields a query answers with."""
    if data.shape == Shape.VERIFY:
        return (
            [FieldError("fields", N_("A verify service reveals no field."), N_("Remove them."))] if data.fields else []
        )
    if not data.fields:
        return [FieldError("fields", N_("A query answers with at least one field."), N_("Choose one."))]
    faults: list[FieldError] = []
    for field in data.fields:
        item = items.get(field.name)
        if item is None:
            faults.append(missing("fields", field.name))
            continue
        faults += core_fault("fields", item)
        if field.mask and field.mask not in {mask.value for mask in Mask}:
            faults.append(FieldError(f"fields.{field.name}", N_("This mask is not known."), N_("Choose one.")))
        elif field.mask == Mask.NONE and default_mask(item) != Mask.NONE:
            faults.append(
                FieldError(
                    f"fields.{field.name}",
                    N_("A field of this grade leaves only under a mask."),
                    N_("Choose a mask, or leave the field out."),
                )
            )
    return faults


def offered(shape: str, spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the items a service can tell about: a query's fields, a verify service's compared items."""
    if shape == Shape.VERIFY:
        return tuple(part["name"] for part in spec["parameters"] if part["compare"])
    return tuple(part["name"] for part in spec["fields"])


def check_end(ends_on: date, *, today: date, earliest: date) -> None:
    """A version ends no earlier than its callers' notice allows. Raises FieldErrors (`ends_on`)."""
    if ends_on < earliest or ends_on > today + timedelta(days=LONGEST_BESIDE):
        fault = N_("A version ends between %(earliest)s and two years from now.")
        remedy = N_("Callers have at least %(days)s working days to change over; choose a later day.")
        params = {"earliest": earliest.isoformat(), "days": NOTICE_DAYS}
        raise FieldErrors(errors=(FieldError("ends_on", fault, remedy, params),))


def compare_specs(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[SpecChange, ...]:
    """What differs between two versions, the breaking differences first.

    Breaking: a parameter or field removed or renamed, a new required parameter, a parameter narrowed (required,
    shorter, another pattern or type), a field's type or mask changed, fewer rows a call.
    """
    found = [*part_changes(old, new, "parameters"), *part_changes(old, new, "fields")]
    if old["row_cap"] != new["row_cap"]:
        fewer = new["row_cap"] < old["row_cap"]
        found.append(SpecChange(C.ROW_CAP, "", str(old["row_cap"]), str(new["row_cap"]), fewer))
    return tuple(sorted(found, key=lambda change: not change.breaking))


def part_changes(old: Mapping[str, Any], new: Mapping[str, Any], part: str) -> list[SpecChange]:
    """Differences among the parameters or the fields. One that went and one that came with its title is renamed."""
    before, after = ({row["name"]: row for row in spec[part]} for spec in (old, new))
    fields = part == "fields"
    renamed, removed, added = (
        (C.FIELD_RENAMED, C.FIELD_REMOVED, C.FIELD_ADDED)
        if fields
        else (C.PARAMETER_RENAMED, C.PARAMETER_REMOVED, C.PARAMETER_ADDED)
    )
    came = {row["title"]: name for name, row in after.items() if name not in before}
    found = []
    for name, row in before.items():
        if name in after:
            found += (field_changes if fields else parameter_changes)(row, after[name])
        elif (other := came.pop(row["title"], "")) != "":
            found.append(SpecChange(renamed, name, name, other, True))
        else:
            found.append(SpecChange(removed, name, name, "", True))
    for name in came.values():
        found.append(SpecChange(added, name, "", name, not fields and after[name]["required"]))
    return found


def parameter_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[SpecChange]:
    """Differences of one parameter; narrower is breaking, wider is not."""
    checks = (
        (C.TYPE, "type", True),
        (C.USE, "compare", True),
        (C.REQUIRED, "required", new["required"]),
        (C.LONGEST, "max_length", new["max_length"] < old["max_length"]),
        (C.PATTERN, "pattern", bool(new["pattern"])),
    )
    return [
        SpecChange(kind, old["name"], str(old[key]), str(new[key]), breaking)
        for kind, key, breaking in checks
        if old[key] != new[key]
    ]


def field_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[SpecChange]:
    """Differences of one field: another type or mask gives other values."""
    return [
        SpecChange(kind, old["name"], str(old[key]), str(new[key]), key == "type" or new[key] != Mask.NONE)
        for kind, key in ((C.TYPE, "type"), (C.MASK, "mask"))
        if old[key] != new[key]
    ]


def check_grant(
    *,
    offers: Sequence[str],
    fields: Sequence[str],
    purpose: str,
    rate_per_minute: int,
    daily_limit: int | None,
    limits: GrantLimits = NO_LIMITS,
) -> None:
    """A grant names fields the service has, a purpose, a rate, and limits of the right form. Raises FieldErrors."""
    faults: list[FieldError] = []
    extra = [name for name in fields if name not in offers]
    if extra or not fields:
        faults.append(
            FieldError(
                "fields",
                N_("The service does not offer: %(fields)s."),
                N_("Choose among the service's fields."),
                {"fields": ", ".join(extra) or "—"},
            )
        )
    if not purpose.strip():
        faults.append(FieldError("purpose", N_("This must not be empty."), N_("Say what the data is used for.")))
    faults += limit_faults(rate_per_minute, daily_limit, limits)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def limit_faults(rate_per_minute: int, daily_limit: int | None, limits: GrantLimits) -> list[FieldError]:
    """Faults of a grant's limits."""
    faults: list[FieldError] = []
    if not 1 <= rate_per_minute <= RATE_MAX:
        faults.append(FieldError("rate_per_minute", N_("1 to 60,000 calls a minute."), N_("Enter a number in range.")))
    if daily_limit is not None and daily_limit < 1:
        faults.append(FieldError("daily_limit", N_("At least one call a day."), N_("Enter a number, or leave it out.")))
    if limits.burst is not None and not 1 <= limits.burst <= RATE_MAX:
        faults.append(FieldError("burst", N_("1 to 60,000 calls at once."), N_("Enter a number, or leave it out.")))
    if limits.daily_rows is not None and limits.daily_rows < 1:
        faults.append(FieldError("daily_rows", N_("At least one row a day."), N_("Enter a number, or leave it out.")))
    if limits.row_cap is not None and not 1 <= limits.row_cap <= ROW_CAP_MAX:
        faults.append(FieldError("row_cap", N_("A call returns 1 to 1,000 rows."), N_("Enter a number in that range.")))
    for text in limits.windows:
        faults += form_fault("windows", text, read_window, N_("“%(text)s” is no time window."), WINDOW_REMEDY)
    for text in limits.networks:
        faults += form_fault("networks", text, ip_network, N_("“%(text)s” is no network."), NETWORK_REMEDY)
    return faults


def form_fault(where: str, text: str, read: Callable[[str], object], fault: str, remedy: str) -> list[FieldError]:
    """The fault of a text that cannot be read."""
    try:
        read(text)
    except ValueError:
        return [FieldError(where, fault, remedy, {"text": text[:60]})]
    return []


def check_shrink(
    *,
    has: Sequence[str],
    fields: Sequence[str],
    reason: str,
    daily_limit: int | None = None,
    allowed: int | None = None,
) -> None:
    """A grant is left some of its fields, or fewer calls a day than are allowed, with a reason. Raises FieldErrors."""
    faults: list[FieldError] = []
    extra = [name for name in fields if name not in has]
    if extra:
        fault = N_("The grant does not have: %(fields)s.")
        faults.append(FieldError("fields", fault, N_("Only take fields off."), {"fields": ", ".join(extra)}))
    elif not fields:
        faults.append(FieldError("fields", N_("No field would be left."), N_("Revoke the grant instead.")))
    elif len(set(fields)) == len(set(has)) and daily_limit is None:
        faults.append(FieldError("fields", N_("No field would be taken off."), N_("Leave out what is not used.")))
    if daily_limit is not None and (daily_limit < 1 or (allowed is not None and daily_limit > allowed)):
        fault = N_("A grant is only left fewer calls a day.")
        faults.append(FieldError("daily_limit", fault, N_("Enter a lower number, at least 1.")))
    if not reason.strip():
        faults.append(FieldError("reason", N_("This must not be empty."), N_("Say why.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


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
