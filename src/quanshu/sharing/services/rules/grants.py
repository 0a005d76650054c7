"""What a grant may say: its fields, its purpose and its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network

from django.utils.translation import gettext_noop as N_

from quanshu.gateway.limits import read_window
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.masking import Mask, stricter_of
from quanshu.sharing.services.types import GrantLimits

ROW_CAP_MAX = 1000
RATE_MAX = 60_000
NO_LIMITS = GrantLimits()
NO_MASKS: Mapping[str, str] = {}
WINDOW_REMEDY = N_("Write weekdays (1 is Monday) and hours, such as 12345 08:30-17:30, one window a line.")
NETWORK_REMEDY = N_("Write networks in CIDR form, such as 10.1.0.0/16, one a line.")


def check_grant(
    *,
    offers: Sequence[str],
    fields: Sequence[str],
    purpose: str,
    rate_per_minute: int,
    daily_limit: int | None,
    limits: GrantLimits = NO_LIMITS,
    masks: Mapping[str, str] = NO_MASKS,
    least: Mapping[str, str] = NO_MASKS,
) -> None:
    """A grant names fields the service has, a purpose, a rate, and limits of the right form. Raises FieldErrors.

    `masks` are held against `least`, the masks the service's fields leave with.
    """
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
    faults += mask_faults(masks, least, fields)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def mask_faults(masks: Mapping[str, str], least: Mapping[str, str], fields: Sequence[str]) -> list[FieldError]:
    """Faults of masks beyond those that must be: `least` is {field that can be masked: the mask it leaves with}.

    A mask hides at least what `least` hides (see `stricter_of`), and belongs to one of `fields`.
    """
    faults: list[FieldError] = []
    for name, mask in masks.items():
        where, params = f"masks.{name}", {"field": name}
        if name not in fields or name not in least:
            fault = N_("%(field)s is not among the fields that can be masked here.")
            faults.append(FieldError(where, fault, N_("Leave the mask out, or leave the field out."), params))
        elif mask not in {known.value for known in Mask}:
            faults.append(FieldError(where, N_("This mask is not known."), N_("Choose one."), params))
        elif stricter_of(Mask(mask), Mask(least[name])) != mask:
            fault = N_("The mask of %(field)s shows more than its grade or its service allows.")
            faults.append(FieldError(where, fault, N_("Choose the same mask, or hide it in full."), params))
    return faults


def agreed_masks(masks: Mapping[str, str], least: Mapping[str, str], fields: Sequence[str]) -> dict[str, str]:
    """Masks that were agreed before the service was known, as its grant holds them: never looser than its own."""
    return {
        name: str(stricter_of(Mask(mask), Mask(least[name])))
        for name, mask in masks.items()
        if name in fields and name in least
    }


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
