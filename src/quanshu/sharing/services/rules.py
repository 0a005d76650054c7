"""Pure decisions of data services."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
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
from quanshu.sharing.services.types import (
    EntryNotReady,
    EntryNotShared,
    FieldData,
    GrantLimits,
    ParameterData,
    ServiceData,
    ServiceState,
    Shape,
    TooManyKeys,
    WrongState,
)
from quanshu.supply.catalogue.api import GRADE_ORDER, Grade, ItemData, ShareType

SID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
ROW_CAP_MAX = 1000
MARKED_TYPES = frozenset({"string", "integer", "date"})
RATE_MAX = 60_000
NO_LIMITS = GrantLimits()
WINDOW_REMEDY = N_("Write weekdays (1 is Monday) and hours, such as 12345 08:30-17:30, one window a line.")
NETWORK_REMEDY = N_("Write networks in CIDR form, such as 10.1.0.0/16, one a line.")
MOST_KEYS = 10
MOST_LIFE, MOST_OVERLAP = timedelta(days=731), timedelta(days=90)
MASK_FROM = GRADE_ORDER[Grade.GENERAL_3]
HIDE_FROM = GRADE_ORDER[Grade.GENERAL_4]
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


def default_mask(item: ItemData) -> str:
    """The mask a field leaves with, by its grade (GB/T 43697).

    general-1 and -2 leave as they are, general-3 under the item's mask, general-4 and important data under
    the item's mask or, where it has none, hidden in full.
    """
    rank = GRADE_ORDER.get(item.grade, HIDE_FROM)
    if rank < MASK_FROM:
        return str(Mask.NONE)
    if rank >= HIDE_FROM and item.mask in {"", Mask.NONE}:
        return str(Mask.FULL)
    return item.mask or str(Mask.NONE)


def check_service(data: ServiceData, items: Mapping[str, ItemData]) -> None:
    """A service whose parameters and fields are graded items of its entry. Raises FieldErrors with every fault."""
    faults: list[FieldError] = []
    if not SID.match(data.sid) or len(data.sid) > 60:
        faults.append(
            FieldError(
                "sid",
                N_("The code is lower-case words joined by hyphens, 60 characters at most."),
                N_("Use a code such as jn-ga-resident-query."),
            )
        )
    if not data.name.strip():
        faults.append(FieldError("name", N_("This must not be empty."), N_("Enter a name.")))
    if data.shape not in {shape.value for shape in Shape}:
        faults.append(FieldError("shape", N_("This shape is not known."), N_("Choose query or verify.")))
    if not 1 <= data.row_cap <= ROW_CAP_MAX:
        faults.append(FieldError("row_cap", N_("A call returns 1 to 1,000 rows."), N_("Enter a number in that range.")))
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


def missing(where: str, name: str) -> FieldError:
    """The fault of naming an item that the entry has not."""
    return FieldError(where, N_("The entry has no item %(item)s."), N_("Choose an item of the entry."), {"item": name})


def core_fault(where: str, item: ItemData) -> list[FieldError]:
    """Ungraded and core data leave by no service."""
    if not item.grade:
        text, remedy = N_("The item %(item)s is not graded."), N_("Grade it in the catalogue first.")
    elif item.grade == Grade.CORE:
        text, remedy = N_("The item %(item)s is core data and may not leave."), N_("Leave it out.")
    else:
        return []
    return [FieldError(where, text, remedy, {"item": item.name})]


def spec_of(data: ServiceData, items: Mapping[str, ItemData]) -> dict[str, Any]:
    """The service as plain values, kept with its version and published to gateways."""
    return {
        "parameters": [
            {
                "name": parameter.name,
                "column": parameter.name,
                "type": items[parameter.name].data_type,
                "required": parameter.required,
                "pattern": parameter.pattern,
                "max_length": parameter.max_length,
                "compare": parameter.compare,
                "title": items[parameter.name].title,
                "title_en": items[parameter.name].title_en,
                "example": parameter.example,
            }
            for parameter in data.parameters
        ],
        "fields": [
            {
                "name": field.name,
                "column": field.name,
                "type": items[field.name].data_type,
                "grade": items[field.name].grade,
                "mask": field.mask or default_mask(items[field.name]),
                "title": items[field.name].title,
                "title_en": items[field.name].title_en,
            }
            for field in data.fields
        ],
        "row_cap": data.row_cap,
    }


def data_of(texts: Mapping[str, str], spec: Mapping[str, Any]) -> ServiceData:
    """A kept service as it was entered: the reverse of `spec_of`. `texts` holds code, names, abstracts and shape."""
    entered = ("name", "example", "required", "pattern", "max_length", "compare")
    return ServiceData(
        **texts,
        parameters=tuple(ParameterData(**{key: part[key] for key in entered}) for part in spec["parameters"]),
        fields=tuple(FieldData(part["name"], part["mask"]) for part in spec["fields"]),
        row_cap=spec["row_cap"],
    )


def key_sets(spec: Mapping[str, Any]) -> list[list[str]]:
    """The sets of columns a serving table is indexed on: the required search columns, and each optional one."""
    searched = [part for part in spec["parameters"] if not part["compare"]]
    required = [part["column"] for part in searched if part["required"]]
    optional = [part["column"] for part in searched if not part["required"]]
    return ([required] if required else []) + [[column] for column in optional]


def columns_of(spec: Mapping[str, Any]) -> list[str]:
    """Every column the service needs, once."""
    return list(dict.fromkeys(part["column"] for part in [*spec["parameters"], *spec["fields"]]))


def marking_key(items: Sequence[ItemData]) -> tuple[str, ...]:
    """The key columns a serving table carries to mark rows in receipts: none where one is core data, or of a type
    whose text differs between the lake and the serving table."""
    keys = [item for item in items if item.is_key]
    fit = all(item.grade != Grade.CORE and item.data_type in MARKED_TYPES for item in keys)
    return tuple(item.name for item in keys) if fit else ()


def offered(shape: str, spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the items a service can tell about: a query's fields, a verify service's compared items."""
    if shape == Shape.VERIFY:
        return tuple(part["name"] for part in spec["parameters"] if part["compare"])
    return tuple(part["name"] for part in spec["fields"])


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
