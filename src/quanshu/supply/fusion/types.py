"""Values of fusion; no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class SchemeState(StrEnum):
    """States of a version of a scheme."""

    DRAFT = "draft"
    REVIEW = "review"
    IN_FORCE = "in_force"
    REPLACED = "replaced"


class Stage(StrEnum):
    """How far a run has come."""

    WAITING = "waiting"
    READING = "reading"
    TRAINING = "training"
    COMPARING = "comparing"
    GROUPING = "grouping"
    WRITING = "writing"
    ENDED = "ended"


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class IdentityState(StrEnum):
    """`merged` names the identity it went into; `ended` has no record at present and keeps its uid."""

    ACTIVE = "active"
    MERGED = "merged"
    ENDED = "ended"


class Link(StrEnum):
    """How a record came to its identity; the first record of an identity is its `root`."""

    ROOT = "root"
    IDENTIFIER = "identifier"
    SCORED = "scored"
    DECIDED = "decided"


class ReviewState(StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    UNSURE = "unsure"
    CLOSED = "closed"


class Verdict(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"
    NOTED = "noted"


class Happening(StrEnum):
    """What can happen to an identity."""

    MERGED = "merged"
    SPLIT = "split"
    ENDED = "ended"
    RETURNED = "returned"


class Life(StrEnum):
    """生存状态."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source of a scheme: the catalogue entry by its code, {attribute: column}, the column of freshness."""

    name: str
    code: str
    columns: Mapping[str, str]
    fresh: str = ""
    one_row: bool = False


@dataclass(frozen=True, slots=True)
class SchemeData:
    """A scheme as entered.

    `sources` has one `name = resource code | attribute: column, … | fresh column | one row` a line; `survivors` one
    `attribute = source | frequent | longest, then names of sources` a line; `evidence` one
    `source: kind = date column where column = a, b` a line.
    """

    code: str
    kind: str
    title: str
    sources: str
    classification_code: str
    survivors: str = ""
    evidence: str = ""
    link_at: float = 0.95
    review_at: float = 0.6
    title_en: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class LifeEvidence:
    """One piece of evidence."""

    kind: str
    on: date
    source: str = ""


@dataclass(frozen=True, slots=True)
class LifeStatus:
    """Alive, dead or unknown, since when, by which source, and whether the evidence disagrees."""

    status: Life
    since: date | None = None
    by_source: str = ""
    by_kind: str = ""
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an identity: `other` is the one it went into, or came from."""

    happening: Happening
    identity: str
    other: str = ""
    records: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """{record: identity} and what happened to identities on the way."""

    identities: Mapping[str, str]
    minted: tuple[str, ...] = ()
    changes: tuple[Change, ...] = field(default=())


class FusionNotFound(NotFound):
    code = "fusion.not_found"
    message = "There is no such scheme, run, identity or review."
    remedy = "Open the list and choose from there."


class BadLine(Invalid):
    code = "fusion.bad_line"
    message = "“%(line)s”: %(fault)s"
    remedy = "Write the line as the hint below the field shows."


class WrongState(Conflict):
    code = "fusion.wrong_state"
    message = "It is in another state than this step needs."
    remedy = "Open it again and see its next step."


class OwnScheme(Forbidden):
    code = "fusion.own_scheme"
    message = "A scheme is not put in force by the person who wrote this version."
    remedy = "Ask a colleague to review it."


class NotInForce(Conflict):
    code = "fusion.not_in_force"
    message = "The scheme has no version in force."
    remedy = "Submit the draft and have it put in force."


class SourceEmpty(Conflict):
    code = "fusion.source_empty"
    message = "The source “%(name)s” holds no data yet."
    remedy = "Load it, then run again."


class RunDied(Conflict):
    code = "fusion.run_died"
    message = "The worker that did this run died, and the run was not taken up again."
    remedy = "See the run after it; the registry in use was never touched by this one."


class Contradicts(Conflict):
    code = "fusion.contradicts"
    message = "An earlier decision says the contrary of these records (%(by)s, %(on)s)."
    remedy = "Undo that decision first, with the reason."


class BadSelection(Invalid):
    code = "fusion.bad_selection"
    message = "Choose some of the identity's records, not all of them."
    remedy = "Tick the records that are of somebody else; at least one must stay."


class BadMerge(Invalid):
    code = "fusion.bad_merge"
    message = "These two identities cannot be merged."
    remedy = "Give the uid of another active identity of the same scheme."


class PurposeNeeded(Invalid):
    code = "fusion.purpose_needed"
    message = "A look-up of a person needs its purpose."
    remedy = "Say for which case or task; it is written to the audit trail."
