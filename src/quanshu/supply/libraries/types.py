"""Values of libraries; no Django."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class LibraryKind(StrEnum):
    """Kinds of library: 基础库, 主题库, 专题库, 应用库."""

    BASE = "base"
    THEME = "theme"
    SPECIAL = "special"
    APPLICATION = "application"


class VersionState(StrEnum):
    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    REPLACED = "replaced"


class BuildState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LibraryData:
    """A library as entered. `classification_code` is where its tables stand in the catalogue."""

    code: str
    kind: str
    name: str
    name_en: str = ""
    description: str = ""
    classification_code: str = ""


@dataclass(frozen=True, slots=True)
class ModelData:
    """A model as entered.

    `references` has one `name = resource code or model code` a line, `columns` one `name = title | English title |
    mask` a line where the source's own will not do, `tests` one test a line, `keys` names with commas.
    """

    code: str
    title: str
    sql: str
    references: str
    keys: str = ""
    columns: str = ""
    tests: str = ""
    title_en: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """How a column is to be called and shown; empty parts fall back on its source's."""

    title: str = ""
    title_en: str = ""
    mask: str = ""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column of a table a model reads from, with what the catalogue says of it."""

    name: str
    title: str
    title_en: str
    grade: str
    personal: bool
    mask: str


class LibraryNotFound(NotFound):
    code = "libraries.not_found"
    message = "There is no such library, model or build."
    remedy = "Open the list of libraries and choose from there."


class BadReference(Invalid):
    code = "libraries.bad_reference"
    message = "Reference “%(line)s”: %(fault)s"
    remedy = "Write one “name = resource code” or “name = model code” a line; the table must hold data or a contract."


class WrongVersionState(Conflict):
    code = "libraries.wrong_state"
    message = "The version is %(state)s; this step is for another state."
    remedy = "Open the model again and see its next step."


class OwnModel(Forbidden):
    code = "libraries.own_model"
    message = "A model is not published by the person who wrote this version."
    remedy = "Ask a colleague to review and publish it."


class NotPublished(Conflict):
    code = "libraries.not_published"
    message = "The model has no published version to build."
    remedy = "Submit the draft, and have it reviewed and published."


class InputMissing(Conflict):
    code = "libraries.input_missing"
    message = "The table “%(name)s” that the model reads from holds no data yet."
    remedy = "Load its source, or build the model it comes from, then build again."


class TestsFailed(Conflict):
    code = "libraries.tests_failed"
    message = "%(failed)s of %(tests)s tests failed; the table in use is unchanged."
    remedy = "See the tests below, mend the sources or the model, then build again."


class NotSwappable(Conflict):
    code = "libraries.not_swappable"
    message = "Only a kept build that passed its tests, and is not in use, can be put in use."
    remedy = "Choose another build of the list."


class BadSchedule(Invalid):
    code = "libraries.bad_schedule"
    message = "“%(cron)s” is no schedule: %(fault)s"
    remedy = "Write minute, hour, day, month and weekday, for example “0 2 * * *” for two o'clock each night."
