"""Pure decisions of data services."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.gateway.execution import fault_of
from quanshu.gateway.snapshot import ParameterSpec
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.masking import Mask
from quanshu.sharing.services.rules.consents import (
    check_ground,
    check_ground_held,
    consent_spec,
    gives_way,
    sensitive_names,
    terms_faults,
    terms_in,
    told,
)
from quanshu.sharing.services.rules.grants import (
    NETWORK_REMEDY,
    RATE_MAX,
    ROW_CAP_MAX,
    WINDOW_REMEDY,
    agreed_masks,
    check_grant,
    check_shrink,
    mask_faults,
)
from quanshu.sharing.services.rules.items import core_fault, default_mask, missing
from quanshu.sharing.services.rules.keys import (
    check_fingerprints,
    check_key_count,
    check_key_life,
    check_overlap,
    check_profiles,
    check_public_key,
)
from quanshu.sharing.services.rules.specs import columns_of, data_of, key_sets, marking_key, spec_of
from quanshu.sharing.services.rules.statistics import BANDED, SUMMED, cube_of, group_of, statistic_faults
from quanshu.sharing.services.rules.versions import BESIDE_DAYS, NOTICE_DAYS, check_end, compare_specs
from quanshu.sharing.services.types import (
    EntryNotReady,
    EntryNotShared,
    ParameterData,
    ServiceData,
    ServiceState,
    Shape,
    WrongState,
)
from quanshu.supply.catalogue.api import ItemData, ShareType

__all__ = [
    "BANDED",
    "BESIDE_DAYS",
    "NETWORK_REMEDY",
    "NOTICE_DAYS",
    "RATE_MAX",
    "SID",
    "SUMMED",
    "WINDOW_REMEDY",
    "agreed_masks",
    "check_code",
    "check_end",
    "check_entry",
    "check_fingerprints",
    "check_grant",
    "check_ground",
    "check_ground_held",
    "check_key_count",
    "check_key_life",
    "check_overlap",
    "check_profiles",
    "check_public_key",
    "check_service",
    "check_shrink",
    "check_step",
    "columns_of",
    "compare_specs",
    "consent_spec",
    "core_fault",
    "cube_of",
    "data_of",
    "default_mask",
    "gives_way",
    "group_of",
    "key_sets",
    "marking_key",
    "mask_faults",
    "offered",
    "sensitive_names",
    "spec_of",
    "terms_in",
    "told",
]

SID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
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
    faults += terms_faults(data)
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
