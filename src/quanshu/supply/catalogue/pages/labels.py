"""Names of the standard's codes in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanshu.lake.landing import DataType
from quanshu.lake.masking import Mask
from quanshu.supply.catalogue.types import EntryState, FormatClass, Grade, OpenType, ShareType, UpdateCycle

STATES = {
    EntryState.DRAFT: _("Draft"),
    EntryState.REVIEW: _("Under review"),
    EntryState.PUBLISHED: _("Published"),
    EntryState.WITHDRAWN: _("Withdrawn"),
}
STATE_TONES = {
    EntryState.DRAFT: "secondary",
    EntryState.REVIEW: "orange",
    EntryState.PUBLISHED: "green",
    EntryState.WITHDRAWN: "red",
}
SHARE_TYPES = {
    ShareType.UNCONDITIONAL: _("Unconditional sharing"),
    ShareType.CONDITIONAL: _("Conditional sharing"),
    ShareType.NOT_SHARED: _("Not shared"),
}
OPEN_TYPES = {
    OpenType.OPEN: _("Open to society"),
    OpenType.CONDITIONAL: _("Open on conditions"),
    OpenType.CLOSED: _("Not open"),
}
CYCLES = {
    UpdateCycle.REAL_TIME: _("Real time"),
    UpdateCycle.DAILY: _("Daily"),
    UpdateCycle.WEEKLY: _("Weekly"),
    UpdateCycle.MONTHLY: _("Monthly"),
    UpdateCycle.QUARTERLY: _("Quarterly"),
    UpdateCycle.YEARLY: _("Yearly"),
    UpdateCycle.OTHER: _("Other"),
}
FORMATS = {
    FormatClass.DATABASE: _("Database"),
    FormatClass.SPREADSHEET: _("Spreadsheet"),
    FormatClass.DOCUMENT: _("Document"),
    FormatClass.IMAGE: _("Image"),
    FormatClass.STREAM: _("Stream"),
    FormatClass.OTHER: _("Other"),
}
GRADES = {
    Grade.GENERAL_1: _("General, level 1"),
    Grade.GENERAL_2: _("General, level 2"),
    Grade.GENERAL_3: _("General, level 3"),
    Grade.GENERAL_4: _("General, level 4"),
    Grade.IMPORTANT: _("Important"),
    Grade.CORE: _("Core"),
}
TYPES = {
    DataType.STRING: _("Text"),
    DataType.INTEGER: _("Whole number"),
    DataType.DECIMAL: _("Decimal number"),
    DataType.BOOLEAN: _("Yes or no"),
    DataType.DATE: _("Date"),
    DataType.DATETIME: _("Date and time"),
}
MASKS = {
    Mask.NONE: _("None"),
    Mask.FULL: _("Hidden in full"),
    Mask.NAME: _("Name"),
    Mask.CITIZEN_ID: _("Citizen ID"),
    Mask.PHONE: _("Phone"),
    Mask.ADDRESS: _("Address"),
    Mask.DATE_YEAR: _("Year only"),
    Mask.HASH: _("Hash"),
}
