"""Values of data services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import Conflict, Invalid, NotFound, Unavailable, fill

PROBE_RID = "platform-probe"


class Shape(StrEnum):
    """`query` answers with fields; `verify` (核验) answers match, no match or no record, nothing else; `statistic`
    with cells of a protected cube; `composite` with what several services found together."""

    QUERY = "query"
    VERIFY = "verify"
    STATISTIC = "statistic"
    COMPOSITE = "composite"


class ServiceState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ParameterData:
    """A parameter: an item of the entry. `compare` ones of a verify service are compared, not searched by.

    `example` is shown in the documentation and used by the probe, so it must be nobody's real value.
    """

    name: str
    example: str
    required: bool = True
    pattern: str = ""
    max_length: int = 100
    compare: bool = False


@dataclass(frozen=True, slots=True)
class FieldData:
    """A field a query answers with: an item of the entry, masked. An empty mask takes the grade's."""

    name: str
    mask: str = ""


@dataclass(frozen=True, slots=True)
class GroupData:
    """What a statistic groups an item by: its `value`, its first `width` characters (`prefix`), or `bands`.

    `edges` are the lower bounds of bands, of a number or of full years since a date. `values` are the labels told;
    where none are named, those the data holds when the service is published.
    """

    name: str
    item: str
    kind: str = "value"
    width: int = 0
    edges: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    title: str = ""
    title_en: str = ""


@dataclass(frozen=True, slots=True)
class MeasureData:
    """What a statistic tells of a cell: `count`, `share` of all records, or `sum` or `average` of an item."""

    name: str
    kind: str = "count"
    item: str = ""


@dataclass(frozen=True, slots=True)
class StatisticData:
    """A cube. Cells with fewer than `least` records are not told, nor such as break the p% rule with `percent`."""

    groups: tuple[GroupData, ...]
    measures: tuple[MeasureData, ...]
    least: int = 10
    percent: int = 10


class ConsentMode(StrEnum):
    """On what ground personal or important data is told: none is needed, the subject's consent, or a law."""

    NONE = "none"
    CONSENT = "consent"
    STATUTORY = "statutory"


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """The ground a service answers on. `basis` names law and article of a statutory one; `parameter` is the required
    search parameter that names whose data is asked for, `subject` what it is the number of: a person or an enterprise.
    """

    mode: str = ConsentMode.NONE.value
    basis: str = ""
    parameter: str = ""
    subject: str = "person"


@dataclass(frozen=True, slots=True)
class ServiceData:
    """What is entered for a service. `sid` is its code in calls; `composite` is a whole spec, made by its room."""

    sid: str
    name: str
    shape: str
    parameters: tuple[ParameterData, ...]
    fields: tuple[FieldData, ...] = ()
    name_en: str = ""
    abstract: str = ""
    abstract_en: str = ""
    row_cap: int = 50
    statistic: StatisticData | None = None
    composite: Mapping[str, Any] | None = None
    consent: ConsentTerms = ConsentTerms()


@dataclass(frozen=True, slots=True)
class GrantLimits:
    """What a grant limits beyond calls a minute and a day; None and empty limit nothing.

    `burst` calls at once, `daily_rows` rows a day, `row_cap` rows a call; `windows` of the form `12345 08:30-17:30`
    (weekdays, 1 is Monday, and hours of the city), `networks` in CIDR form, a case number asked for or not.
    """

    burst: int | None = None
    daily_rows: int | None = None
    row_cap: int | None = None
    windows: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    case_required: bool = False


@dataclass(frozen=True, slots=True)
class HourCount:
    """Calls of one hour."""

    hour: datetime
    ok: int
    refused: int


@dataclass(frozen=True, slots=True)
class ServiceCount:
    """Calls of one service in the last 24 hours."""

    sid: str
    name: str
    ok: int
    refused: int


@dataclass(frozen=True, slots=True)
class ExchangeFigures:
    """Calls through the gateway, the platform's own probes left out. `p95_us` is of today, in microseconds."""

    total: int
    today: int
    refused_today: int
    p95_us: int | None
    by_hour: tuple[HourCount, ...]
    by_service: tuple[ServiceCount, ...]


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """Published services, and those of them whose latest probe answered."""

    published: int
    answering: int


class ChangeKind(StrEnum):
    """What differs between two versions of a service."""

    PARAMETER_REMOVED = "parameter_removed"
    PARAMETER_RENAMED = "parameter_renamed"
    PARAMETER_ADDED = "parameter_added"
    REQUIRED = "required"
    USE = "use"
    LONGEST = "longest"
    PATTERN = "pattern"
    FIELD_REMOVED = "field_removed"
    FIELD_RENAMED = "field_renamed"
    FIELD_ADDED = "field_added"
    TYPE = "type"
    MASK = "mask"
    ROW_CAP = "row_cap"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class SpecChange:
    """One difference; `breaking` when a program written for the old version may fail with the new one."""

    kind: ChangeKind
    name: str
    before: str
    after: str
    breaking: bool


class VersionNotOld(Conflict):
    code = "services.version_not_old"
    message = "Version %(number)s of the service has no printed end."
    remedy = "Only a version that a newer one follows ends; withdraw the service to stop the newest."


class NothingBound(Conflict):
    code = "services.nothing_bound"
    message = "The grant is not bound to an old version."
    remedy = "It is answered by the newest version already."


class ServiceNotFound(NotFound):
    code = "services.service_not_found"
    message = "There is no service “%(service)s” that you may see."
    remedy = "Open the list of services and choose one."


class ConsumerNotFound(NotFound):
    code = "services.consumer_not_found"
    message = "There is no application “%(consumer)s” that you may see."
    remedy = "Open the list of applications and choose one."


class GrantNotFound(NotFound):
    code = "services.grant_not_found"
    message = "There is no grant “%(grant)s” that you may see."
    remedy = "Open the list of grants and choose one."


class ExchangeNotFound(NotFound):
    code = "services.exchange_not_found"
    message = "There is no call with the receipt “%(receipt)s” that you may see."
    remedy = "A receipt reaches the list within seconds of its call; check the number."


STATE_NAMES = {
    ServiceState.DRAFT: N_("Draft"),
    ServiceState.PUBLISHED: N_("Published"),
    ServiceState.WITHDRAWN: N_("Withdrawn"),
}
STEP_NAMES = {
    "changed": N_("Edit"),
    "published": N_("Publish"),
    "revised": N_("Open the next version"),
    "withdrawn": N_("Withdraw"),
    "granted": N_("Grant"),
}


class WrongState(Conflict):
    code = "services.wrong_state"
    message = "The service is in the state “%(state)s”; the step “%(step)s” is not possible now."
    remedy = "Open the service's page to see what its state allows."

    def render(self, translate: Callable[[str], str] = str) -> str:
        """The fault with state and step by their names; the parameters keep the codes."""
        state, step = self.params["state"], self.params["step"]
        names = {"state": STATE_NAMES.get(state, state), "step": STEP_NAMES.get(step, step)}
        return fill(translate(self.message), {key: translate(name) for key, name in names.items()})


class EntryNotReady(Conflict):
    code = "services.entry_not_ready"
    message = "The entry %(entry)s is not published in the catalogue."
    remedy = "Publish the entry first."


class EntryNotShared(Conflict):
    code = "services.entry_not_shared"
    message = "The entry %(entry)s may not be shared: %(law)s."
    remedy = "A law forbids it; ask for an entry that may be shared."


class GroundMissing(Conflict):
    code = "services.ground_missing"
    message = "Sensitive items are told without a ground: %(items)s."
    remedy = "Edit the draft: ask for the subject's consent, or name the law and its article."


class NothingLanded(Conflict):
    code = "services.nothing_landed"
    message = "No data of %(entry)s has landed yet."
    remedy = "Run its source in intake first, then publish the service."


class StatisticTwice(Conflict):
    code = "services.statistic_twice"
    message = "The statistic %(sid)s of this entry is in force already."
    remedy = "Two cubes of the same records could be subtracted from each other. Revise that one, or withdraw it first."


class KeyNotFound(NotFound):
    code = "services.key_not_found"
    message = "The application %(consumer)s has no key “%(kid)s”."
    remedy = "Open the application's page and choose one of its keys."


class KeyOver(Conflict):
    code = "services.key_over"
    message = "The key %(kid)s has already ended."
    remedy = "Make or register a new one."


class TooManyKeys(Conflict):
    code = "services.too_many_keys"
    message = "The application has %(count)s keys that hold, the most there may be."
    remedy = "End one that is no longer used, then try again."


class OwnKeysOnly(Conflict):
    code = "services.own_keys_only"
    message = "The application signs with a private key of its own, which the platform does not hold."
    remedy = "Call from the application itself, or let it sign by a secret as well."


class ConsumerOff(Conflict):
    code = "services.consumer_off"
    message = "The application %(consumer)s is switched off."
    remedy = "Use another application of the unit."


class GrantOver(Conflict):
    code = "services.grant_over"
    message = "The grant has already ended."
    remedy = "Ask for a new one by a demand."


class NoGrantToTry(Invalid):
    code = "services.no_grant_to_try"
    message = "No application of your unit holds a grant for this service."
    remedy = "Raise a demand for it; once granted, the form calls with your application's key."


class GatewaySilent(Unavailable):
    code = "services.gateway_silent"
    message = "The gateway does not answer at %(address)s."
    remedy = "Try again in a moment; if it goes on, tell the platform's operator."
