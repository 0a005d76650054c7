"""Why one cannot see or use an entry: the stages from the catalogue to the consumer, walked in order.

The first are of what the catalogue says; rooms above register theirs at `ready()`. A stage is asked only about an
entry that the actor may see: what may not be seen is answered exactly like what does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from quanshu.organisation.api import Duty, Unit
from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue.api import (
    STRUCTURED,
    Entry,
    EntryNotFound,
    EntryState,
    Hit,
    ItemData,
    ShareType,
    face_of,
    get_entry,
    search_entries,
    title_key,
)

MOST_OFFERED = 5
# How old data may be before it is late: the cycle and a few days for the weekend.
FRESH_DAYS = {"real-time": 1, "daily": 3, "weekly": 10, "monthly": 40, "quarterly": 100, "yearly": 380}


class Answer(StrEnum):
    """What a stage says: passed, passed with something to know, or the way ends here."""

    PASSED = "passed"
    NOTED = "noted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom to ask: the unit, its office and telephone, the duty holder."""

    unit: str
    office: str = ""
    phone: str = ""
    person: str = ""

    @classmethod
    def of(cls, unit: Unit) -> Owner:
        """The unit with its data steward, or its chief data representative where it has none."""
        duties = Duty.objects.filter(unit=unit, until__isnull=True).select_related("person")
        holders = {duty.kind: duty.person.name for duty in duties}
        person = holders.get("steward") or holders.get("chief") or ""
        return cls(str(unit), unit.office_name, unit.office_phone, person)

    @classmethod
    def platform(cls) -> Owner | None:
        """The unit that runs the platform."""
        unit = Unit.objects.active().filter(kind="platform").order_by("path").first()
        return cls.of(unit) if unit else None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: its name, its answer and why, who owns it, and what to do next."""

    label: str
    answer: Answer
    says: str
    owner: Owner | None = None
    todo: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a stage is asked about: the entry and its items as the actor may see them."""

    actor: Actor
    entry: Entry
    items: tuple[ItemData, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Walk:
    """The stages in order and the first that fails; `offered` are entries of a like name."""

    asked: str
    entry: Entry | None
    stages: tuple[Stage, ...]
    offered: tuple[Hit, ...] = field(default=())

    @property
    def ends_at(self) -> Stage | None:
        """The first stage that fails."""
        return next((stage for stage in self.stages if stage.answer == Answer.FAILED), None)


Asker = Callable[[Asked], Stage]
_stages: dict[str, tuple[int, Asker]] = {}


def register_stage(key: str, order: int, ask: Asker) -> None:
    """Add a stage; those of this room stand at 10 to 50. Registering a key again replaces it."""
    _stages[key] = (order, ask)


def stages_before(key: str) -> list[Asker]:
    """The stages up to one and with it, in order; sharing is no stage on the way into the lake."""
    last = _stages[key][0]
    in_order = sorted(_stages.items(), key=lambda pair: (pair[1][0], pair[0]))
    return [ask for name, (order, ask) in in_order if order <= last and name != "shared"]


def walk(*, actor: Actor, text: str, now: datetime) -> Walk:
    """Every stage for an entry named by uid, resource code or name, up to the first that fails and past it."""
    text = text.replace("\x00", "").strip()[:200]
    entry = find(actor, text)
    if entry is None:
        offered = search_entries(actor=actor, text=text, limit=MOST_OFFERED).hits if text else ()
        return Walk(text, None, (unseen(text),), offered)
    shown, items = face_of(actor, entry)
    asked = Asked(actor, shown, items, now)
    in_order = sorted(_stages.items(), key=lambda pair: (pair[1][0], pair[0]))
    return Walk(text, shown, tuple(ask(asked) for _key, (_order, ask) in in_order))


def find(actor: Actor, text: str) -> Entry | None:
    """The visible entry of this uid, code or exact name; None for none, and for several of one name."""
    if not text:
        return None
    try:
        return get_entry(actor=actor, uid=text)
    except EntryNotFound:
        hits = search_entries(actor=actor, text=text, limit=2).hits
        same = [hit.entry for hit in hits if title_key(text) in {title_key(str(n)) for n in names(hit.entry)}]
        return get_entry(actor=actor, uid=same[0].uid) if len(same) == 1 else None


def names(entry: Entry) -> tuple[str, str]:
    """An entry's names."""
    return entry.resource_name, entry.name_en


def unseen(text: str) -> Stage:
    """The one answer for what does not exist and what may not be seen."""
    return Stage(
        _("There and open to you"),
        Answer.FAILED,
        _("There is no catalogue entry “%(entry)s” that you may see.") % {"entry": text},
        Owner.platform(),
        _("Check the code or the name, search for it, or ask for the data by a demand."),
    )


def ask_visible(asked: Asked) -> Stage:
    """It exists and may be seen, or the walk would have ended before."""
    says = _("%(name)s, %(code)s") % {"name": asked.entry.title, "code": asked.entry.code}
    return Stage(_("There and open to you"), Answer.PASSED, says, url=asked.entry.get_absolute_url())


def ask_published(asked: Asked) -> Stage:
    """A version is in force."""
    entry, label = asked.entry, _("Published")
    if entry.published_version is not None:
        says = _("Version %(number)s is in force.") % {"number": entry.published_version}
        return Stage(label, Answer.PASSED, says)
    waits = {
        EntryState.REVIEW.value: (_("It waits for the bureau's review."), _("Ask the bureau to finish the review.")),
        EntryState.WITHDRAWN.value: (_("It is out of force."), _("Ask its unit whether it takes it up again.")),
    }
    draft = (_("It is a draft."), _("Its unit grades every item and submits it for review."))
    says, todo = waits.get(entry.state, draft)
    owner = Owner.platform() if entry.state == EntryState.REVIEW else Owner.of(entry.unit)
    return Stage(label, Answer.FAILED, says, owner, todo, entry.get_absolute_url())


def ask_graded(asked: Asked) -> Stage:
    """Every item has its grade (GB/T 43697)."""
    label, without = _("Graded"), [item.title for item in asked.items if not item.grade]
    if asked.items and not without:
        return Stage(label, Answer.PASSED, _("All %(n)s items are graded.") % {"n": len(asked.items)})
    says = _("Items without a grade: %(fields)s.") % {"fields": "、".join(without[:10])}
    says = says if asked.items else _("It has no items yet.")
    todo = _("Its unit enters the items and grades each.")
    return Stage(label, Answer.FAILED, says, Owner.of(asked.entry.unit), todo, asked.entry.get_absolute_url())


def ask_shared(asked: Asked) -> Stage:
    """Whether the entry is shared at all, and on what condition."""
    entry, label = asked.entry, _("Open to sharing")
    if entry.share_type == ShareType.NOT_SHARED:
        says = _("Sharing is forbidden: %(law)s") % {"law": entry.share_law}
        todo = _("Ask the unit for another way, for example a verification that reveals nothing.")
        return Stage(label, Answer.FAILED, says, Owner.of(entry.unit), todo)
    if entry.share_type == ShareType.CONDITIONAL:
        return Stage(label, Answer.NOTED, _("On condition: %(what)s") % {"what": entry.share_condition})
    return Stage(label, Answer.PASSED, _("Any department may use it for its duties."))


def ask_landed(asked: Asked) -> Stage:
    """Rows are in the lake, and how fresh they are against the update cycle."""
    entry, label = asked.entry, _("Landed")
    if entry.landed_rows is None or entry.landed_at is None:
        return not_landed(entry, label)
    when = f"{timezone.localtime(entry.landed_at):%Y-%m-%d %H:%M}"
    says = _("%(rows)s rows, last landed %(when)s.") % {"rows": f"{entry.landed_rows:,}", "when": when}
    days = FRESH_DAYS.get(entry.update_cycle)
    if days and asked.now - entry.landed_at > timedelta(days=days):
        late = _("That is older than its update cycle allows.")
        todo = _("Ask its unit to load it again.")
        return Stage(label, Answer.NOTED, f"{says} {late}", Owner.of(entry.unit), todo)
    return Stage(label, Answer.PASSED, says)


def not_landed(entry: Entry, label: str) -> Stage:
    """Why there are no rows: agreed exception, not structured, or still to do."""
    owner = Owner.of(entry.unit)
    if entry.exempt:
        says = _("Specially sensitive: it stays with its unit by agreement of the bureau. %(reason)s")
        todo = _("Ask the unit for the data itself.")
        return Stage(label, Answer.FAILED, says % {"reason": entry.sensitive_reason}, owner, todo)
    if entry.format_class not in STRUCTURED:
        return Stage(label, Answer.NOTED, _("It is not structured data and need not land."), owner)
    return Stage(label, Answer.FAILED, _("No rows are in the lake yet."), owner, _("Its unit loads the data."))


def register_own() -> None:
    """The stages that the catalogue alone answers."""
    own: Sequence[tuple[str, int, Any]] = (
        ("visible", 10, ask_visible),
        ("published", 20, ask_published),
        ("graded", 30, ask_graded),
        ("shared", 40, ask_shared),
        ("landed", 50, ask_landed),
    )
    for key, order, ask in own:
        register_stage(key, order, ask)
