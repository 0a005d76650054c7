"""Values of the inventory; no Django."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quanshu.kernel.errors import Conflict, FieldError, Invalid, NotFound


class AssetKind(StrEnum):
    """核心业务, 信息系统, 数据资源."""

    BUSINESS = "business"
    SYSTEM = "system"
    DATA = "data"


class AssetState(StrEnum):
    ACTIVE = "active"
    RETIRED = "retired"


class Priority(StrEnum):
    """How soon a thing is needed, as its unit marks it; `urgent` is 急用先行."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Network(StrEnum):
    """Where a system runs: 电子政务外网, 互联网, 业务专网, 单机."""

    GOVERNMENT = "government"
    INTERNET = "internet"
    PRIVATE = "private"
    ALONE = "alone"


class DataForm(StrEnum):
    """What a data resource is kept as."""

    DATABASE = "database"
    SPREADSHEET = "spreadsheet"
    DOCUMENT = "document"
    IMAGE = "image"
    PAPER = "paper"
    OTHER = "other"


class GapKind(StrEnum):
    """The four classes of gaps between business, system and data."""

    NO_SYSTEM = "no_system"
    NOT_CATALOGUED = "not_catalogued"
    NOT_LANDED = "not_landed"
    NO_BUSINESS = "no_business"


class GapState(StrEnum):
    OPEN = "open"
    PLANNED = "planned"
    WORKING = "working"
    CLOSED = "closed"


class Outcome(StrEnum):
    """Why a gap is closed: the link appeared, the bureau accepted it, or its object is no longer in use."""

    SOLVED = "solved"
    ACCEPTED = "accepted"
    GONE = "gone"


class Sector(StrEnum):
    """供水, 供电, 供气, 供热, 通信, 公共交通: the public-service companies of clause 2.1.2."""

    WATER = "water"
    POWER = "power"
    GAS = "gas"
    HEAT = "heat"
    TELECOM = "telecom"
    TRANSPORT = "transport"


class Stage(StrEnum):
    """How far coordination with a company has come, as recorded. Whether it shares is counted, never recorded."""

    LISTED = "listed"
    CONTACTED = "contacted"
    AGREED = "agreed"
    CONNECTED = "connected"


SHARING = "sharing"


@dataclass(frozen=True, slots=True)
class AssetData:
    """What is entered for a business, system or data resource. Fields of the other kinds stay empty.

    `task` is the clause or task it serves, `basis` the law a business rests on, `protection` a system's level
    of graded protection (等级保护, 1 to 5), `entry_code` a resource code of the catalogue.
    """

    name: str
    description: str = ""
    priority: str = Priority.NORMAL
    task: str = ""
    basis: str = ""
    network: str = ""
    protection: str = ""
    form: str = ""
    cycle: str = ""
    entry_code: str = ""


@dataclass(frozen=True, slots=True)
class AssetFact:
    """An object in use, as the rule of gaps sees it. `entry` is the uid of its catalogue entry, or empty."""

    uid: str
    kind: str
    unit: str
    name: str
    code: str
    priority: str = Priority.NORMAL
    task: str = ""
    entry: str = ""


@dataclass(frozen=True, slots=True)
class EntryFact:
    """A published catalogue entry. `must_land` is false for what is not structured or is specially sensitive."""

    uid: str
    unit: str
    name: str
    code: str
    must_land: bool = True
    landed: bool = False


@dataclass(frozen=True, slots=True)
class FoundGap:
    """A gap that the rule finds. `subject_kind` is asset or entry; `dependants` counts what waits for it."""

    kind: GapKind
    subject_kind: str
    subject: str
    unit: str
    name: str
    code: str
    priority: str
    task: str
    dependants: int


@dataclass(frozen=True, slots=True)
class Urgency:
    """The points of a gap, 0 to 100, by what they are given for."""

    priority: int
    task: int
    dependants: int
    age: int

    @property
    def score(self) -> int:
        return self.priority + self.task + self.dependants + self.age


@dataclass(frozen=True, slots=True)
class CompanyData:
    """A listed public-service company. `code` is its USCC, or empty; `unit_uid` the unit it is registered as."""

    name: str
    sector: str
    name_en: str = ""
    code: str = ""
    unit_uid: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RecordData:
    """A coordination record (协调记录). `stage` is what was reached, or empty; dates are ISO texts or empty."""

    day: str
    people: str
    matter: str
    outcome: str
    stage: str = ""
    next_step: str = ""
    next_due: str = ""


@dataclass(frozen=True, slots=True)
class InventoryFigures:
    """Clause 2.1.1: core businesses, how many of them a system carries, and open gaps by class."""

    businesses: int
    with_system: int
    systems: int
    data: int
    open_gaps: int
    overdue: int
    by_kind: tuple[tuple[str, int], ...]

    @property
    def rate(self) -> float | None:
        return self.with_system / self.businesses if self.businesses else None


@dataclass(frozen=True, slots=True)
class SupplierFigures:
    """Clause 2.1.2: enterprises that share / enterprises listed, of one sector or of all (`sector` empty)."""

    sector: str
    listed: int
    sharing: int

    @property
    def rate(self) -> float | None:
        return self.sharing / self.listed if self.listed else None


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell of a workbook that is refused. `row` counts from 1 as the spreadsheet shows it; `column` is a letter."""

    sheet: str
    row: int
    column: str
    title: str
    value: str
    error: FieldError


class AssetNotFound(NotFound):
    code = "inventory.not_found"
    message = "There is no business, system or data resource “%(code)s” that you may see."
    remedy = "Open the inventory and choose one."


class BadChoice(Invalid):
    code = "inventory.bad_choice"
    message = "The graph does not know “%(value)s”."
    remedy = "Choose a unit and kinds from the form."


class GapNotFound(NotFound):
    code = "inventory.gap_not_found"
    message = "There is no gap “%(gap)s” that you may see."
    remedy = "Open the list of gaps and choose one."


class ImportNotFound(NotFound):
    code = "inventory.import_not_found"
    message = "There is no import “%(number)s” that you may see."
    remedy = "Open the list of imports and choose one."


class CompanyNotFound(NotFound):
    code = "inventory.company_not_found"
    message = "There is no listed company “%(company)s” that you may see."
    remedy = "Open the list of public-service companies and choose one."


class IsRetired(Conflict):
    code = "inventory.retired"
    message = "%(name)s is no longer in use."
    remedy = "Bring it back into use first, or choose another."


class NotRetired(Conflict):
    code = "inventory.not_retired"
    message = "%(name)s is in use."
    remedy = "Reload the page to see its state."


class AlreadyLinked(Conflict):
    code = "inventory.already_linked"
    message = "%(upper)s and %(lower)s are linked already."
    remedy = "Reload the page to see the links."


class NotLinked(NotFound):
    code = "inventory.not_linked"
    message = "There is no such link."
    remedy = "Reload the page to see the links."


class NotAccepted(Conflict):
    code = "inventory.not_accepted"
    message = "Only a gap that was accepted can be opened again."
    remedy = "A gap that was solved is found again by itself when its link disappears."


class NotAWorkbook(Invalid):
    code = "inventory.not_a_workbook"
    message = "The file is not an Excel workbook (.xlsx), or it is damaged."
    remedy = "Download the template, fill it in and send it as .xlsx."


class NoSheet(Invalid):
    code = "inventory.no_sheet"
    message = "The workbook has none of the sheets %(sheets)s."
    remedy = "Use the template; its sheets must keep their names."


class TooManyRows(Invalid):
    code = "inventory.too_many_rows"
    message = "The workbook has more than %(most)s rows."
    remedy = "Split it into several workbooks."


class Delisted(Conflict):
    code = "inventory.delisted"
    message = "%(name)s is no longer on the list."
    remedy = "Put it on the list again first."


class NotDelisted(Conflict):
    code = "inventory.not_delisted"
    message = "%(name)s is on the list."
    remedy = "Reload the page to see its state."


class WrongStage(Conflict):
    code = "inventory.wrong_stage"
    message = "This stage does not follow the present one."
    remedy = "Record the stages in their order: contacted, agreed, connected."


class NotConnected(Conflict):
    code = "inventory.not_connected"
    message = "The company has no unit of its own with a source of data yet."
    remedy = "Register it as a unit, name the unit here, and create a source for an entry of it."
