"""What may be entered for businesses, systems and data resources, and what may be linked."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.workflow.api import check_reason
from quanshu.supply.catalogue.api import UpdateCycle
from quanshu.supply.inventory.types import (
    AssetData,
    AssetKind,
    AssetState,
    DataForm,
    IsRetired,
    Network,
    NotRetired,
    Priority,
)

# Who stands above whom: 业务—系统, 系统—数据, 业务—数据.
LINKS = frozenset(
    {
        (AssetKind.BUSINESS, AssetKind.SYSTEM),
        (AssetKind.SYSTEM, AssetKind.DATA),
        (AssetKind.BUSINESS, AssetKind.DATA),
    }
)
CODE = re.compile(r"[0-9A-Z][0-9A-Z_.-]{1,39}", re.ASCII)
LONGEST = {"name": 100, "description": 2000, "task": 100, "basis": 500}
OPTIONS = {
    "priority": frozenset(Priority),
    "network": frozenset(Network) | {""},
    "protection": frozenset({"", "1", "2", "3", "4", "5"}),
    "form": frozenset(DataForm) | {""},
    "cycle": frozenset(UpdateCycle) | {""},
}
# Fields that only one kind has.
ONLY_FOR = {
    "basis": AssetKind.BUSINESS,
    "network": AssetKind.SYSTEM,
    "protection": AssetKind.SYSTEM,
    "form": AssetKind.DATA,
    "cycle": AssetKind.DATA,
    "entry_code": AssetKind.DATA,
}


def has_control(text: str) -> bool:
    """Whether a text holds a control character other than a line break or a tab, or half a surrogate pair."""
    return any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in text)


def check_code(code: str) -> None:
    """A code given by the unit: 2 to 40 letters, digits, “.”, “_” or “-”, in capitals. Raises FieldErrors."""
    if not CODE.fullmatch(code):
        fault = N_("The code “%(code)s” does not fit.")
        remedy = N_("Use 2 to 40 letters, digits, “.”, “_” or “-”, or leave it empty to have one issued.")
        raise FieldErrors(errors=(FieldError("code", fault, remedy, {"code": code}),))


def text_faults(name: str, text: str, longest: int) -> list[FieldError]:
    """What is wrong with a text of a form."""
    if has_control(text):
        return [FieldError(name, N_("The text holds a control character."), N_("Type the text again."))]
    if len(text) > longest:
        fault, remedy = N_("The text is too long."), N_("Shorten it to %(most)s characters.")
        return [FieldError(name, fault, remedy, {"most": longest})]
    return []


def check_asset(kind: str, data: AssetData) -> None:
    """The name is there, texts fit, codes are of their lists, and no field of another kind is filled.

    Raises FieldErrors.
    """
    faults = []
    if not data.name.strip():
        faults.append(FieldError("name", N_("The name is missing."), N_("Enter its official name.")))
    for name, longest in LONGEST.items():
        faults += text_faults(name, getattr(data, name), longest)
    for name, options in OPTIONS.items():
        value = getattr(data, name)
        if value not in options:
            fault, remedy = N_("“%(value)s” is not one of the values."), N_("Choose one of the list.")
            faults.append(FieldError(name, fault, remedy, {"value": value}))
    for name, only in ONLY_FOR.items():
        if getattr(data, name) and kind != only:
            faults.append(FieldError(name, N_("This kind has no such field."), N_("Leave it empty.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_link(*, upper_kind: str, lower_kind: str, upper_state: str, lower_state: str, name: str) -> None:
    """A business is linked with systems and data, a system with data; both are in use.

    Raises FieldErrors, `inventory.retired`; `name` is that of the lower one.
    """
    if (upper_kind, lower_kind) not in LINKS:
        fault = N_("These two are not linked this way.")
        remedy = N_("Link a business with a system or data resource, or a system with a data resource.")
        raise FieldErrors(errors=(FieldError("lower", fault, remedy),))
    if AssetState.RETIRED in {upper_state, lower_state}:
        raise IsRetired(name=name)


def check_active(*, state: str, name: str) -> None:
    """Only what is in use is changed. Raises `inventory.retired`."""
    if state != AssetState.ACTIVE:
        raise IsRetired(name=name)


def check_retire(*, state: str, name: str, reason: str) -> None:
    """What is in use is retired with a reason. Raises `inventory.retired`, FieldErrors."""
    check_active(state=state, name=name)
    check_reason(reason)
    faults = text_faults("reason", reason, 500)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_retired(*, state: str, name: str) -> None:
    """Only what was retired is brought back. Raises `inventory.not_retired`."""
    if state != AssetState.RETIRED:
        raise NotRetired(name=name)
