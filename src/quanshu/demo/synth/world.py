"""The state shared by the builders of the sources."""

from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from quanshu.demo.synth.enterprises import Enterprise, found_enterprises
from quanshu.demo.synth.numbers import UsccMint
from quanshu.demo.synth.places import Places
from quanshu.demo.synth.population import Person, Population

Row = list[Any]


@dataclass(slots=True)
class TableData:
    """Rows of a table in column order, and the person each row is about, if any."""

    rows: list[Row] = field(default_factory=list)
    people: list[Person | None] = field(default_factory=list)

    def add(self, row: Row, person: Person | None = None) -> None:
        """Append a row about a person."""
        self.rows.append(row)
        self.people.append(person)


class World:
    """People, enterprises and places, and a stream of chance for each purpose.

    Each purpose has a stream of its own, so that a change to one table leaves the others as they were.
    """

    def __init__(self, residents: int, seed: int, today: date) -> None:
        self.seed = seed
        self.today = today.toordinal()
        self.places = Places(self.chance("places"))
        self.population = Population(residents, self.chance("population"), self.places, today)
        self.insurance_chance = self.chance("insurance")
        self.employment_chance = self.chance("employment")
        self.fund_chance = self.chance("fund")
        self.mint = UsccMint(self.chance("uscc"))
        self.enterprises: list[Enterprise] = found_enterprises(
            self.chance("enterprises"), self.population, self.places, self.mint
        )

    def chance(self, purpose: str) -> Random:
        """A stream of random numbers for one purpose."""
        return Random(f"{self.seed}:{purpose}")


_DAYS: dict[int, str] = {0: ""}


def iso(ordinal: int) -> str | None:
    """The ISO text of a day; None for 0."""
    if not ordinal:
        return None
    text = _DAYS.get(ordinal)
    if text is None:
        text = _DAYS[ordinal] = date.fromordinal(ordinal).isoformat()
    return text
