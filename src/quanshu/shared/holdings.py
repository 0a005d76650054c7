"""The port of erasable holdings: what a room keeps that a rule of retention may take away.

A room registers its holdings in `AppConfig.ready`; the room of privacy runs rules over them. What stands on the
audit trail or in the ledger is no holding: neither is ever changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Reach:
    """Which of a holding: dated before `before`, of units below `unit_path` (all when empty) that are not spared."""

    before: datetime
    unit_path: str = ""
    spared: tuple[str, ...] = ()

    def covers(self, unit_path: str) -> bool:
        """Whether it takes in what belongs to a unit."""
        return unit_path.startswith(self.unit_path) and not unit_path.startswith(self.spared or ("\0",))

    def of_units(self, field: str) -> Q:
        """The same as a condition over the ORM field that holds a unit's path."""
        clause = Q(**{f"{field}__startswith": self.unit_path}) if self.unit_path else Q()
        for path in self.spared:
            clause &= ~Q(**{f"{field}__startswith": path})
        return clause


@dataclass(frozen=True, slots=True)
class Due:
    """How many are due to be erased, and the date of the oldest."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Holding:
    """Something erasable. `what` says what goes and what stays, `dated` which date counts.

    `by_unit`: whether a rule or a hold may be of one unit. `least_days`: the shortest time a rule may name.
    `pick` names up to so many of what is due by ids that name no person; `erase` takes these away for good and may be
    called again with the same ids.
    """

    key: str
    name: Any
    what: Any
    dated: Any
    due: Callable[[Reach], Due]
    pick: Callable[[Reach, int], Sequence[str]]
    erase: Callable[[Sequence[str]], None]
    by_unit: bool = False
    least_days: int = 1
    order: int = 50


_holdings: dict[str, Holding] = {}


def register_holding(*holdings: Holding) -> None:
    """Make holdings known to rules of retention."""
    _holdings.update({holding.key: holding for holding in holdings})


def holdings() -> tuple[Holding, ...]:
    """Every holding, in its order."""
    return tuple(sorted(_holdings.values(), key=lambda holding: (holding.order, holding.key)))


def find_holding(key: str) -> Holding | None:
    """A holding by its key; None when no room has registered it."""
    return _holdings.get(key)


def rows_holding(
    key: str,
    *,
    name: Any,
    what: Any,
    dated: Any,
    rows: Callable[[], QuerySet[Any]],
    date: str,
    uid: str = "uid",
    unit: str = "",
    blank: Callable[[QuerySet[Any]], object] | None = None,
    least_days: int = 1,
    order: int = 50,
) -> Holding:
    """A holding of rows: `rows()` are those that may go, `date` their date, `unit` the field of their unit's path.

    Rows are deleted; with `blank` their personal values are taken out instead, after which `rows()` has them no more.
    """

    def reached(reach: Reach) -> QuerySet[Any]:
        found = rows().filter(**{f"{date}__lt": reach.before})
        return found.filter(reach.of_units(unit)) if unit else found

    def due(reach: Reach) -> Due:
        counted = reached(reach).aggregate(count=Count("pk"), oldest=Min(date))
        return Due(int(counted["count"]), counted["oldest"])

    def pick(reach: Reach, most: int) -> list[str]:
        return [str(value) for value in reached(reach).order_by(date, "pk").values_list(uid, flat=True)[:most]]

    def erase(ids: Sequence[str]) -> None:
        found = rows().filter(**{f"{uid}__in": ids})
        if blank is not None:
            blank(found)
        else:
            found.delete()

    return Holding(key, name, what, dated, due, pick, erase, bool(unit), least_days, order)
