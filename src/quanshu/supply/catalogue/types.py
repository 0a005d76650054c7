"""Values of the catalogue: states, share types, grades, and what a steward enters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors, Invalid, NotFound
from quanshu.shared.workflow import api as workflow


class EntryState(StrEnum):
    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class ShareType(StrEnum):
    """共享类型 of 政务信息资源目录编制指南 (2017)."""

    UNCONDITIONAL = "1"
    CONDITIONAL = "2"
    NOT_SHARED = "3"


class OpenType(StrEnum):
    """Whether the data is open to society."""

    OPEN = "open"
    CONDITIONAL = "conditional"
    CLOSED = "closed"


class UpdateCycle(StrEnum):
    """更新周期 of 政务信息资源目录编制指南 (2017)."""

    REAL_TIME = "real-time"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"
    OTHER = "other"


class FormatClass(StrEnum):
    """信息资源格式分类."""

    DATABASE = "database"
    SPREADSHEET = "spreadsheet"
    DOCUMENT = "document"
    IMAGE = "image"
    STREAM = "stream"
    OTHER = "other"


class Grade(StrEnum):
    """Grades of GB/T 43697, lowest first. General data has four levels."""

    GENERAL_1 = "general-1"
    GENERAL_2 = "general-2"
    GENERAL_3 = "general-3"
    GENERAL_4 = "general-4"
    IMPORTANT = "important"
    CORE = "core"


GRADE_ORDER: Mapping[str, int] = {grade.value: rank for rank, grade in enumerate(Grade, start=1)}


@dataclass(frozen=True, slots=True)
class ItemData:
    """One information item (信息项): a column of the data with its meaning and grade."""

    name: str
    title: str
    data_type: str = "string"
    title_en: str = ""
    length: int | None = None
    required: bool = False
    is_key: bool = False
    code_list: tuple[str, ...] = ()
    grade: str = ""
    personal: bool = False
    mask: str = "none"
    unit_of_measure: str = ""


@dataclass(frozen=True, slots=True)
class EntryData:
    """The core metadata a steward enters for an entry; `extra` are further fields its standard defines."""

    resource_name: str
    classification_code: str
    abstract: str
    name_en: str = ""
    abstract_en: str = ""
    format_class: str = FormatClass.DATABASE
    share_type: str = ShareType.CONDITIONAL
    share_condition: str = ""
    share_law: str = ""
    share_mode: str = "gateway"
    open_type: str = OpenType.CLOSED
    open_condition: str = ""
    update_cycle: str = UpdateCycle.MONTHLY
    related_codes: tuple[str, ...] = ()
    sensitive_reason: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FacetOption:
    """One value of a facet and how many entries have it; names where the value is a code of something named."""

    value: str
    count: int
    name: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """The catalogue's own figures. A rate is None while there is nothing to divide by."""

    entries: int
    published: int
    mounted: int
    to_land: int
    landed: int
    items: int
    graded: int
    excepted: int = 0
    as_of: date | None = None
    by_unit: tuple[UnitFigures, ...] = field(default=())

    @property
    def mounting_rate(self) -> float | None:
        """目录挂载率: published entries with a service that answers / published entries."""
        return self.mounted / self.published if self.published else None

    @property
    def landing_rate(self) -> float | None:
        """落地率: published entries with rows in the lake / published entries that must land."""
        return self.landed / self.to_land if self.to_land else None

    @property
    def graded_rate(self) -> float | None:
        """Items of published entries that carry a grade / items of published entries."""
        return self.graded / self.items if self.items else None


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """One unit's published, mounted and landed entries."""

    unit_uid: str
    unit_name: str
    published: int
    mounted: int
    to_land: int
    landed: int
    excepted: int = 0

    @property
    def mounting_rate(self) -> float | None:
        return self.mounted / self.published if self.published else None

    @property
    def landing_rate(self) -> float | None:
        return self.landed / self.to_land if self.to_land else None


class EntryNotFound(NotFound):
    code = "catalogue.entry_not_found"
    message = "There is no catalogue entry “%(entry)s” that you may see."
    remedy = "Search the catalogue, or ask the unit that owns the data."


STATE_NAMES: Mapping[str, str] = {
    EntryState.DRAFT: N_("Draft"),
    EntryState.REVIEW: N_("Under review"),
    EntryState.PUBLISHED: N_("Published"),
    EntryState.WITHDRAWN: N_("Out of force"),
}
STEP_NAMES: Mapping[str, str] = {
    "edit": N_("Edit"),
    "submit": N_("Submit for review"),
    "return": N_("Return"),
    "publish": N_("Publish"),
    "revise": N_("Revise"),
    "withdraw": N_("Take out of force"),
    "restore": N_("Take up again"),
}


class WrongState(workflow.WrongState):
    code = "catalogue.wrong_state"
    message = "The entry is in the state “%(state)s”; the step “%(step)s” is not possible now."
    remedy = "Open the entry to see its state and the steps it allows; a published entry is edited by revising it."
    state_names = STATE_NAMES
    step_names = STEP_NAMES


class VersionNotFound(NotFound):
    code = "catalogue.version_not_found"
    message = "The entry has no published version %(number)s."
    remedy = "Choose one of the versions listed on the entry's page."


class NotGraded(FieldErrors):
    code = "catalogue.not_graded"
    message = "Items without a grade: %(fields)s."
    remedy = "Grade every item first (GB/T 43697); an ungraded item keeps the entry from being published."

    def __init__(self, *, errors: tuple[FieldError, ...]) -> None:
        super().__init__(errors=errors)
        self.params["fields"] = ", ".join(error.field.split(".")[1] for error in errors)


class BadFacet(Invalid):
    code = "catalogue.bad_facet"
    message = "The facet %(facet)s does not know the value “%(value)s”."
    remedy = "Choose a value from the list, or leave the facet out."
