"""The people of the city: households of a few common shapes, with ages, kinship, deaths and numbers."""

import math
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING

from quanshu.demo.synth.names import Names
from quanshu.demo.synth.numbers import citizen_id, mobile
from quanshu.demo.synth.places import Door, Places

if TYPE_CHECKING:
    from quanshu.demo.synth.enterprises import Enterprise

YEAR = 365.2425
HEAD, SPOUSE, SON, DAUGHTER, PARENT = "02", "10", "20", "30", "50"
SINGLE, MARRIED, WIDOWED, DIVORCED = "10", "20", "30", "40"

_MINORITIES = ("03", "03", "03", "11", "02", "15", "06", "08", "10")
# Shares of adults by their education, cumulated.
_LADDER = ((0.05, "10"), (0.27, "20"), (0.48, "30"), (0.58, "40"), (0.72, "60"), (0.96, "70"), (1.1, "80"))


class Household:
    """People who live behind one door."""

    __slots__ = ("door", "established", "head", "members", "number", "owner")

    def __init__(self, number: int, door: Door) -> None:
        self.number = f"H{number:09d}"
        self.door = door
        self.members: list[Person] = []
        self.head: Person
        self.owner: Person
        self.established = 0


class Person:
    """One resident. Days are proleptic ordinals; `died` is 0 for the living."""

    __slots__ = (
        *("born", "children", "died", "education", "employer", "ethnic", "father", "female", "household"),
        *("id", "marital", "mother", "name", "number", "phone", "relation", "spouse", "updated", "wage"),
    )

    def __init__(self, female: bool, born: int, relation: str, marital: str) -> None:
        self.female = female
        self.born = born
        self.relation = relation
        self.marital = marital
        self.number = self.id = self.name = self.phone = self.education = self.ethnic = ""
        self.died = self.updated = 0
        self.wage = 0.0
        self.household: Household
        self.spouse: Person | None = None
        self.father: Person | None = None
        self.mother: Person | None = None
        self.children: list[Person] = []
        self.employer: Enterprise | None = None

    @property
    def sex(self) -> str:
        """The code of GB/T 2261.1."""
        return "2" if self.female else "1"

    def age(self, day: int) -> int:
        """Whole years on a day, by the mean length of a year."""
        return int((day - self.born) / YEAR)


class Population:
    """Builds households until the city has its residents."""

    def __init__(self, residents: int, rng: Random, places: Places, today: date) -> None:
        self._rng = rng
        self._places = places
        self._names = Names(rng)
        self.today = today.toordinal()
        self.people: list[Person] = []
        self.households: list[Household] = []
        self._sequences: dict[tuple[str, int, bool], int] = defaultdict(int)
        shapes: tuple[tuple[Callable[[], list[Person]], int, int], ...] = (
            (self._young_single, 9, 1),
            (self._middle_single, 5, 1),
            (self._old_single, 6, 1),
            (self._young_couple, 6, 2),
            (self._old_couple, 24, 2),
            (self._one_child, 19, 3),
            (self._two_children, 14, 4),
            (self._adult_child, 6, 3),
            (self._three_generations, 9, 5),
            (self._one_parent, 3, 2),
        )
        cumulative = list(accumulate(weight for _, weight, _ in shapes))
        while (left := residents - len(self.people)) > 0:
            shape, _, size = rng.choices(shapes, cum_weights=cumulative)[0]
            if size <= left:
                self._settle(shape())
        self._bury()

    # Shapes: the first person is the head.

    def _person(self, age: float, female: bool, relation: str, marital: str) -> Person:
        born = self.today - int((age + self._rng.random()) * YEAR) - 1
        return Person(female, born, relation, marital)

    def _between(self, low: int, high: int) -> int:
        return self._rng.randint(low, high)

    def _old_age(self, low: int) -> int:
        """An age of at least `low`, thinning out over the decades."""
        return min(103, low + int(self._rng.expovariate(1 / 12.0)))

    def _young_single(self) -> list[Person]:
        return [self._person(self._between(20, 34), self._rng.random() < 0.45, HEAD, SINGLE)]

    def _middle_single(self) -> list[Person]:
        marital = DIVORCED if self._rng.random() < 0.6 else SINGLE
        return [self._person(self._between(35, 60), self._rng.random() < 0.45, HEAD, marital)]

    def _old_single(self) -> list[Person]:
        return [self._person(self._old_age(64), self._rng.random() < 0.68, HEAD, WIDOWED)]

    def _couple(self, age: int) -> tuple[Person, Person]:
        husband = self._person(age, False, HEAD, MARRIED)
        wife = self._person(max(22, age - self._between(-2, 5)), True, SPOUSE, MARRIED)
        husband.spouse, wife.spouse = wife, husband
        return husband, wife

    def _child(self, age: int, father: Person | None, mother: Person | None) -> Person:
        female = self._rng.random() < 0.47
        child = self._person(age, female, DAUGHTER if female else SON, SINGLE)
        child.father, child.mother = father, mother
        for parent in (father, mother):
            if parent:
                parent.children.append(child)
        return child

    def _young_couple(self) -> list[Person]:
        return list(self._couple(self._between(25, 38)))

    def _old_couple(self) -> list[Person]:
        return list(self._couple(self._old_age(57)))

    def _family(self, low: int, high: int, children: int) -> list[Person]:
        age = self._between(low, high)
        husband, wife = self._couple(age)
        eldest = min(24, max(0, wife.age(self.today) - self._between(22, 33)))
        ages = [eldest]
        if children == 2 and eldest >= 2:
            ages.append(max(0, eldest - self._between(2, 6)))
        return [husband, wife, *(self._child(a, husband, wife) for a in ages)]

    def _one_child(self) -> list[Person]:
        return self._family(27, 52, 1)

    def _two_children(self) -> list[Person]:
        return self._family(30, 50, 2)

    def _adult_child(self) -> list[Person]:
        husband, wife = self._couple(self._between(50, 62))
        return [husband, wife, self._child(self._between(20, wife.age(self.today) - 22), husband, wife)]

    def _three_generations(self) -> list[Person]:
        family = self._family(29, 46, 1)
        head = family[0]
        age = head.age(self.today) + self._between(22, 32)
        mother = self._person(age, True, PARENT, WIDOWED)
        elders = [mother]
        if self._rng.random() < 0.5:
            father = self._person(age + self._between(-1, 4), False, PARENT, MARRIED)
            mother.marital = MARRIED
            mother.spouse, father.spouse = father, mother
            elders.insert(0, father)
            head.father = father
            father.children.append(head)
        head.mother = mother
        mother.children.append(head)
        return [*family, *elders]

    def _one_parent(self) -> list[Person]:
        parent = self._person(self._between(28, 50), self._rng.random() < 0.7, HEAD, DIVORCED)
        mother, father = (parent, None) if parent.female else (None, parent)
        return [parent, self._child(self._between(0, parent.age(self.today) - 23), father, mother)]

    # What everyone needs.

    def _settle(self, members: list[Person]) -> None:
        rng = self._rng
        household = Household(len(self.households) + 1, self._places.door())
        household.members = members
        household.head = household.owner = members[0]
        self.households.append(household)
        ethnic = "01" if rng.random() < 0.982 else rng.choice(("03", "03", "03", "11", "02", "15", "06", "08", "10"))
        district = household.door.place.district
        for person in members:
            person.household = household
            person.ethnic = ethnic
            person.number = f"P{len(self.people) + 1:010d}"
            parent = person.father or person.mother
            # A grandparent follows the head in the list, so the name goes up from the child as well.
            heir = person.children[0] if person.children and not person.female else None
            known = (parent.name if parent else "") or (heir.name if heir else "")
            surname = known[0] if known else self._names.surname()
            person.name = surname + self._names.given(person.female)
            year = date.fromordinal(person.born).year
            person.id = self._identity(self._places.id_area(district, year), person)
            person.phone = mobile(rng) if person.age(self.today) >= 12 else ""
            person.education = self._education(person)
            person.updated = max(person.born + 30, self.today - int(rng.expovariate(1 / 700.0)) - 1)
            person.updated = min(person.updated, self.today)
            self.people.append(person)
        adult = household.head.born + int(20 * YEAR)
        household.established = min(self.today - rng.randrange(30, 4000), self.today)
        household.established = max(household.established, min(adult, self.today))

    def _identity(self, area: str, person: Person) -> str:
        key = (area, person.born, person.female)
        turn = self._sequences[key]
        self._sequences[key] = turn + 1
        # The first place depends on the day only, so that sequences do not all begin at 001.
        sequence = (person.born * 37 + turn) % 499 * 2 + (2 if person.female else 1)
        day = date.fromordinal(person.born)
        return citizen_id(f"{area}{day.year:04d}{day.month:02d}{day.day:02d}{sequence:03d}")

    def _education(self, person: Person) -> str:
        age, draw = person.age(self.today), self._rng.random()
        if age < 6:
            return "90"
        if age < 12:
            return "80"
        if age < 16:
            return "70"
        if age >= 60:
            return "80" if draw < 0.4 else "70" if draw < 0.78 else "60" if draw < 0.92 else "30"
        ladder = (
            (0.05, "10"),
            (0.27, "20"),
            (0.48, "30"),
            (0.58, "40"),
            (0.72, "60"),
            (0.96, "70"),
            (1.1, "80"),
        )
        return next(code for limit, code in ladder if draw < limit) if age >= 22 else "60"

    def _bury(self) -> None:
        """Let five years of deaths happen; they end a quarter ago so that every register has closed them."""
        rng = self._rng
        for person in self.people:
            age = (self.today - person.born) / YEAR
            if rng.random() >= min(0.9, 0.0028 * math.exp(0.09 * (age - 35))):
                continue
            first = max(self.today - int(5 * YEAR), person.born + 1)
            last = self.today - 92
            if first > last:
                continue
            person.died = rng.randint(first, last)
            if person.spouse and not person.spouse.died:
                person.spouse.marital = WIDOWED
        for household in self.households:
            self._succeed(household)

    @staticmethod
    def _succeed(household: Household) -> None:
        """Hand the register's head to the next living adult, else leave it as it was."""
        head = household.head
        if not head.died:
            return
        for member in household.members[1:]:
            if member.relation == SPOUSE and not member.died:
                household.head = household.owner = member
                member.relation, head.relation = HEAD, SPOUSE
                return
