"""Plants errors that only a comparison between sources shows, each row valid by itself."""

from collections.abc import Callable
from random import Random

from quanshu.demo.synth.faults import Planter, quota
from quanshu.demo.synth.names import Names
from quanshu.demo.synth.numbers import mobile
from quanshu.demo.synth.population import Person
from quanshu.demo.synth.types import FUSION, ErrorRates
from quanshu.demo.synth.world import Row, World, iso

Planters = dict[tuple[str, str], Planter]

RESIDENT = ("public_security", "resident")
ALLOWANCE = ("civil_affairs", "elderly_allowance")
CREMATION = ("civil_affairs", "cremation")
INSURANCE = ("human_resources", "social_insurance")
DEATH = ("health", "death")
VISIT = ("health", "visit")
WATER = ("water_company", "customer")
GAS = ("gas_company", "customer")
FUND = ("housing_fund", "account")


def plant_across_sources(world: World, planters: Planters, rng: Random, rates: ErrorRates) -> None:
    """Plant late deaths, stale registers, stale rows, differing addresses, name variants and lost records."""
    _pay_the_dead(planters[ALLOWANCE], rates, {"status_code": "1", "stop_on": None})
    _pay_the_dead(planters[INSURANCE], rates, {"status_code": "3", "stopped_on": None})
    _keep_registered(planters[RESIDENT], rates)
    for where in (WATER, GAS):
        _differ(world, planters[where], rates)
        _age_rows(world, planters[where], rng, rates.stale_row, "phone", where == WATER)
    _age_rows(world, planters[RESIDENT], rng, rates.stale_row, "phone", dated=True)
    names = Names(rng)
    for where in (WATER, GAS, FUND):
        _misspell(planters[where], names, rates)
    for where in (DEATH, CREMATION):
        _lose(planters[where], rng, rates)
    _treat_the_dead(world, planters[VISIT], rates)


def _change(planter: Planter, at: int, kind: str, values: dict[str, object]) -> None:
    row = planter.data.rows[at]
    for column, value in values.items():
        position = planter.table.position(column)
        if row[position] != value:
            planter.note(row, column, kind, row[position], value, FUSION)
            row[position] = value


def _some(planter: Planter, rate: float, suits: Callable[[Row, Person], bool], at_least: int = 0) -> list[int]:
    """Untouched rows about people that suit, chosen at the rate among all that suit."""
    data = planter.data
    fitting = [
        at
        for at, (row, person) in enumerate(zip(data.rows, data.people, strict=True))
        if person is not None and planter.free(at) and suits(row, person)
    ]
    count = max(quota(rate, len(fitting)), min(at_least if rate else 0, len(fitting)))
    return planter.claim(sorted(planter.rng.sample(fitting, min(count, len(fitting)))))


def _pay_the_dead(planter: Planter, rates: ErrorRates, values: dict[str, object]) -> None:
    status = planter.table.position("status_code")
    pension = next((i for i, c in enumerate(planter.table.columns) if c.name == "monthly_pension"), None)

    def entitled(row: Row, person: Person) -> bool:
        return bool(person.died) and row[status] != values["status_code"] and (pension is None or bool(row[pension]))

    for at in _some(planter, rates.late_death, entitled, at_least=1):
        _change(planter, at, "late_death", values)


def _keep_registered(planter: Planter, rates: ErrorRates) -> None:
    for at in _some(planter, rates.stale_register, lambda _, person: bool(person.died), at_least=1):
        person = planter.data.people[at]
        updated = iso(person.updated) if person and person.updated < person.died else None
        values: dict[str, object] = {"status_code": "1", "cancelled_on": None}
        _change(planter, at, "stale_register", values | ({"updated_on": updated} if updated else {}))


def _differ(world: World, planter: Planter, rates: ErrorRates) -> None:
    for at in _some(planter, rates.differing_address, lambda *_: True):
        door = world.places.door()
        _change(planter, at, "differing_address", {"division_code": door.place.code, "address": door.short})


def _age_rows(world: World, planter: Planter, rng: Random, rate: float, column: str, dated: bool) -> None:
    """Old telephone numbers in rows that nobody touched for years."""
    position = planter.table.position(column)

    def old(row: Row, person: Person) -> bool:
        return bool(row[position]) and not person.died and person.age(world.today) > 30

    opened = next((i for i, c in enumerate(planter.table.columns) if c.name in ("opened_on", "birth_date")), 0)
    for at in _some(planter, rate, old):
        values: dict[str, object] = {column: mobile(rng)}
        since = iso(world.today - rng.randrange(2200, 4400))
        if dated and since and since > str(planter.data.rows[at][opened]):
            values["updated_on"] = since
        _change(planter, at, "stale_row", values)


def _misspell(planter: Planter, names: Names, rates: ErrorRates) -> None:
    column = "name" if planter.table.name == "account" else "customer_name"
    position = planter.table.position(column)
    for at in _some(planter, rates.name_variant, lambda row, _: bool(row[position])):
        _change(planter, at, "name_variant", {column: names.misspelt(planter.data.rows[at][position])})


def _treat_the_dead(world: World, planter: Planter, rates: ErrorRates) -> None:
    """Visits to a hospital weeks after the death: somebody else used the number, or the death is wrong."""

    def dead_long(_: Row, person: Person) -> bool:
        return bool(person.died) and person.died + 60 < world.today

    for at in _some(planter, rates.visit_after_death, dead_long, at_least=1):
        person = planter.data.people[at]
        if person is not None:
            day = iso(planter.rng.randint(person.died + 30, world.today))
            _change(planter, at, "visit_after_death", {"visited_on": day})


def _lose(planter: Planter, rng: Random, rates: ErrorRates) -> None:
    """Take records of deaths out of one source; the other still has them."""
    lost = set(_some(planter, rates.missing_record, lambda *_: True))
    data, key = planter.data, planter.table.position(planter.table.key[0])
    for at in sorted(lost):
        planter.note(data.rows[at], "", "missing_record", data.rows[at][key], None, FUSION)
    data.rows = [row for at, row in enumerate(data.rows) if at not in lost]
    data.people = [person for at, person in enumerate(data.people) if at not in lost]
