"""Pure decisions of delivery."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.delivering import FileFormat
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.sharing.delivery.events import DeliveryEvent as E
from quanshu.sharing.delivery.permissions import DeliveryPermission as P
from quanshu.sharing.delivery.types import (
    Busy,
    Channel,
    DailyVolume,
    DeliveryData,
    DeliveryState,
    Extent,
    GrantOver,
    LinkOver,
    NotAtWork,
    NothingToTry,
    RowLimit,
    ViewNotReady,
)

S = DeliveryState
MACHINE = Machine(
    name="delivery.delivery",
    states=DeliveryState,
    transitions=(
        Transition("pause", frozenset({S.ACTIVE}), S.PAUSED, P.MANAGE, E.PAUSED, label=N_("Pause")),
        Transition("resume", frozenset({S.PAUSED}), S.ACTIVE, P.MANAGE, E.RESUMED, label=N_("Go on")),
        Transition("end", frozenset({S.ACTIVE, S.PAUSED}), S.ENDED, P.MANAGE, E.ENDED, label=N_("End the delivery")),
    ),
)
LINK_DAYS = (1, 30)
MOST_ATTEMPTS = 5
TEXTS = {
    Channel.PAGE: (),
    Channel.SFTP: ("host", "username", "folder", "host_key"),
    Channel.DATABASE: ("host", "username", "database", "schema", "table", "sslmode"),
}
# What a secret was entered for; the rest of a place may change without it.
ACCOUNT = ("host", "port", "username", "host_key", "database", "sslmode")
PORTS = {Channel.SFTP: 22, Channel.DATABASE: 5432}
SSL_MODES = ("prefer", "require", "disable")
# PostgreSQL cuts longer names off.
DATABASE_NAME = re.compile(r"[^\x00-\x1f\x7f\"]{1,60}\Z")
BOOK_TABLE = "quanshu_delivery"


def clean_options(channel: str, options: Mapping[str, str | int]) -> dict[str, str | int]:
    """The options of a channel and no others, texts trimmed, with what stands where nothing is given."""
    if channel not in {known.value for known in Channel} or channel == Channel.PAGE:
        return {}
    known = Channel(channel)
    found: dict[str, str | int] = {name: str(options.get(name) or "").strip() for name in TEXTS[known]}
    port = str(options.get("port") or PORTS[known])
    found["port"] = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0
    if known is Channel.DATABASE:
        found["schema"] = found["schema"] or "public"
        found["sslmode"] = found["sslmode"] or "require"
    return found


def check_data(data: DeliveryData) -> None:
    """A delivery that can be done, with cleaned options and the secrets it has. Raises FieldErrors with all faults."""
    faults = []
    if not data.name.strip():
        faults.append(_fault("name", N_("This must not be empty."), N_("Name the delivery.")))
    for name, value, known in (
        ("channel", data.channel, [known.value for known in Channel]),
        ("form", data.form, [known.value for known in FileFormat]),
        ("extent", data.extent, [known.value for known in Extent]),
    ):
        if value not in known:
            faults.append(_fault(name, N_("This choice is not known."), N_("Choose one of the list.")))
    if not LINK_DAYS[0] <= data.link_days <= LINK_DAYS[1]:
        faults.append(_fault("link_days", N_("A file stays 1 to 30 days."), N_("Enter a number in range.")))
    if data.cron and not is_cron(data.cron):
        text = N_("The schedule is not a cron line.")
        faults.append(_fault("cron", text, N_("Write minute, hour, day, month and weekday, such as 30 2 * * *.")))
    if data.channel in PORTS:
        faults += _place_faults(data)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def is_elsewhere(before: Mapping[str, str | int], after: Mapping[str, str | int]) -> bool:
    """Whether options lead to another server, another account there, or by a way less protected."""
    return any(before.get(name) != after.get(name) for name in ACCOUNT)


def check_secret(before: Mapping[str, str | int], after: Mapping[str, str | int], *, kept: bool, given: bool) -> None:
    """A password is kept for the server it was entered for: another one needs it entered again. Raises FieldErrors."""
    if before and kept and not given and is_elsewhere(before, after):
        text = N_("Server or account have changed, and the password kept is not sent to another.")
        raise FieldErrors(errors=(_fault("password", text, N_("Enter the password or key again.")),))


def _place_faults(data: DeliveryData) -> list[FieldError]:
    """What is missing to reach the receiver."""
    needed = ["host", "username", *(["host_key"] if data.channel == Channel.SFTP else ["database", "table"])]
    faults = [
        _fault(name, N_("This must not be empty."), N_("Ask the receiver's administrator for it."))
        for name in needed
        if not data.options.get(name)
    ]
    if not 0 < int(data.options.get("port") or 0) < 65536:
        faults.append(_fault("port", N_("A port is a number from 1 to 65535."), N_("Enter a number in range.")))
    if data.channel == Channel.SFTP:
        if not (data.secret.get("password") or data.secret.get("private_key")):
            faults.append(_fault("password", N_("Neither password nor private key is given."), N_("Give one of them.")))
        return faults
    for name in ("schema", "table"):
        value = str(data.options.get(name) or "")
        if value and (not DATABASE_NAME.match(value) or value == BOOK_TABLE):
            text = N_("A table cannot have this name.")
            faults.append(_fault(name, text, N_("Use a name of 60 characters at most.")))
    if data.options.get("sslmode") not in SSL_MODES:
        faults.append(_fault("sslmode", N_("This choice is not known."), N_("Choose one of the list.")))
    return faults


def _fault(name: str, text: str, remedy: str) -> FieldError:
    return FieldError(name, text, remedy)


def is_cron(line: str) -> bool:
    """Whether a line is one of cron's."""
    try:
        next(CronSim(line, datetime(2026, 1, 1, tzinfo=CITY_TZ)))
    except (CronSimError, StopIteration):
        return False
    return True


def check_grant(*, state: str, valid_until: datetime, consumer_active: bool, now: datetime) -> None:
    """A bulk grant in force. Raises GrantOver."""
    if state != "active" or valid_until <= now or not consumer_active:
        raise GrantOver


def check_start(*, state: str, busy: bool, view_ready: bool) -> None:
    """A delivery that a batch can be started of. Raises NotAtWork, Busy, ViewNotReady."""
    if state != DeliveryState.ACTIVE:
        raise NotAtWork
    if busy:
        raise Busy
    if not view_ready:
        raise ViewNotReady


def check_try(channel: str) -> None:
    """A channel with a connection. Raises NothingToTry."""
    if channel == Channel.PAGE:
        raise NothingToTry


def check_volume(*, rows: int, row_limit: int | None, daily_rows: int | None, used: int) -> None:
    """The grant's limits hold for what is delivered as for what is read. Raises RowLimit, DailyVolume."""
    if row_limit is not None and rows > row_limit:
        raise RowLimit(rows=rows, limit=row_limit)
    if daily_rows is not None and used + rows > daily_rows:
        raise DailyVolume(used=used, rows=rows, limit=daily_rows)


def check_link(*, has_file: bool, expires_at: datetime | None, now: datetime) -> None:
    """A file that can still be downloaded. Raises LinkOver."""
    if not has_file or expires_at is None or expires_at <= now:
        raise LinkOver
