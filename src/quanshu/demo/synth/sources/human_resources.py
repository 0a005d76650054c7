"""Pension insurance and employment at the human resources and social security bureau."""

from quanshu.demo.synth import spec
from quanshu.demo.synth.enterprises import Enterprise, hire
from quanshu.demo.synth.population import YEAR, Person
from quanshu.demo.synth.types import Source, Table
from quanshu.demo.synth.world import TableData, World, iso

_INSURANCE = (
    spec.key("insurance_no", "社会保障号", "Insurance number"),
    spec.citizen(),
    spec.person_name(),
    spec.code("insurance_kind", "险种类型", "Kind of insurance", "insurance_kind", personal=True),
    spec.code("status_code", "参保状态", "Status", "insurance_status", "general-3", personal=True),
    spec.money("contribution_base", "月缴费基数（元）", "Monthly contribution base (yuan)"),
    spec.money("monthly_pension", "月养老金（元）", "Monthly pension (yuan)"),
    spec.day("joined_on", "参保日期", "Joined on"),
    spec.day("pension_from", "待遇起始日期", "Pension from"),
    spec.day("stopped_on", "终止日期", "Ended on"),
    spec.phone(),
    spec.day("updated_on", "更新日期", "Updated on", "general-1"),
)
_EMPLOYMENT = (
    spec.key("employment_no", "就业登记号", "Employment number"),
    spec.text("insurance_no", "社会保障号", "Insurance number", 20, "general-3"),
    spec.citizen(),
    spec.person_name(),
    spec.credit_code("employer_uscc", "用人单位统一社会信用代码", "Credit code of the employer"),
    spec.text("employer_name", "用人单位名称", "Employer"),
    spec.code("occupation_code", "职业类别代码", "Occupation", "occupation", personal=True),
    spec.day("start_on", "就业起始日期", "Employed from", "general-3", personal=True),
    spec.day("end_on", "就业终止日期", "Employed until", "general-3", personal=True),
    spec.money("monthly_wage", "月工资（元）", "Monthly wage (yuan)"),
)

SOURCE = Source(
    name="human_resources",
    title="人社一体化信息平台",
    title_en="Human resources and social security platform",
    unit="human_resources",
    unit_name="济南市人力资源和社会保障局",
    unit_name_en="Jinan Human Resources and Social Security Bureau",
    unit_code=spec.unit_code("00418099"),
    tables=(
        Table(
            name="social_insurance",
            title="养老保险参保信息",
            title_en="Pension insurance",
            abstract="职工和城乡居民养老保险的参保、缴费和待遇领取情况。",
            abstract_en="Membership, contributions and pensions of employees and residents.",
            file="human_resources.sqlite",
            format="sqlite",
            key=("insurance_no",),
            columns=_INSURANCE,
            rules=(
                *spec.filled("citizen_id", "name", "joined_on"),
                *spec.listed(*_INSURANCE),
                *spec.citizens("citizen_id"),
                spec.between("contribution_base", 100, 30000),
                spec.between("monthly_pension", 50, 30000),
                spec.ordered("joined_on", "pension_from"),
                spec.shaped("phone", spec.PHONE),
                spec.distinct("citizen_id"),
            ),
            share_condition="用于参保核验，金额字段不对外提供。",
            share_condition_en="For checks of membership; amounts are withheld.",
        ),
        Table(
            name="employment",
            title="就业登记信息",
            title_en="Employment",
            abstract="用人单位为职工办理的就业登记，含起止日期和工资。",
            abstract_en="Employment registered by employers, with dates and wage.",
            file="human_resources.sqlite",
            format="sqlite",
            key=("employment_no",),
            columns=_EMPLOYMENT,
            rules=(
                *spec.filled("citizen_id", "employer_uscc", "start_on"),
                *spec.listed(*_EMPLOYMENT),
                *spec.citizens("citizen_id"),
                *spec.credit_codes("employer_uscc"),
                spec.between("monthly_wage", 1500, 100000),
                spec.ordered("start_on", "end_on"),
                spec.refers("insurance_no", "human_resources", "social_insurance", "insurance_no"),
                spec.refers("employer_uscc", "market_regulation", "enterprise", "uscc"),
            ),
            share_condition="用于就业服务和补贴核查。",
            share_condition_en="For employment services and checks of subsidies.",
        ),
    ),
)


def build(world: World) -> dict[str, TableData]:
    """The rows of both tables."""
    rng = world.chance("human_resources")
    insurance, employment = TableData(), TableData()
    for p in world.population.people:
        until = p.died or world.today
        age = p.age(until)
        if age < 18 or (age < 23 and rng.random() < 0.6):
            continue
        retired = age >= (55 if p.female else 60)
        was_employee = rng.random() < (0.45 if retired else 0.66)
        number = f"37010{len(insurance.rows) + 1:09d}"
        insurance.add(_insure(world, p, number, was_employee, retired), p)
        if was_employee and not retired:
            _employ(world, employment, p, number)
    return {"social_insurance": insurance, "employment": employment}


def _insure(world: World, p: Person, number: str, employee: bool, retired: bool) -> list[object]:
    rng = world.insurance_chance
    if employee and not retired:
        p.wage = round(min(60000.0, 2600 + rng.lognormvariate(8.2, 0.55)), 2)
    base = round(min(24000.0, max(4400.0, p.wage)), 2) if employee else float(rng.choice((100, 300, 500, 1000)))
    adult = p.born + int(18 * YEAR)
    joined = adult + rng.randrange(1, 1 + max(1, min(2000, (p.died or world.today) - adult - 30)))
    pension_from = pension = 0.0
    if retired:
        pension_from = p.born + int((55 if p.female else 60) * YEAR) + 10
        pension = round(max(900.0, rng.gauss(3500, 900)), 2) if employee else round(rng.uniform(180, 420), 2)
    stopped = p.died + 5 + rng.randrange(40) if p.died else 0
    suspended = not retired and rng.random() < 0.06
    status = "4" if stopped else "3" if retired else "2" if suspended else "1"
    kind = "1" if employee else "2"
    updated = max(stopped, world.today - rng.randrange(30, 700))
    return [
        *(number, p.id, p.name, kind, status, None if retired else base, pension or None, iso(joined)),
        *(iso(int(pension_from)), iso(stopped), p.phone or None, iso(updated)),
    ]


def _employ(world: World, employment: TableData, p: Person, number: str) -> None:
    rng = world.employment_chance
    until = p.died or world.today
    firm = hire(rng, world.enterprises)
    earliest = max(p.born + int(18 * YEAR), firm.established)
    if earliest >= until - 30:
        return
    start = max(earliest, until - 1 - int(rng.expovariate(1 / 1500.0)))
    end = p.died or (firm.cancelled if firm.cancelled > start else 0)
    if firm.cancelled and firm.cancelled <= start:
        start, end = earliest, firm.cancelled
    occupation = rng.choices(("1", "2", "3", "4", "5", "6"), weights=(3, 24, 14, 36, 2, 21))[0]

    def add(employer: Enterprise, begun: int, ended: int, wage: float) -> None:
        row = [
            *(f"JY{len(employment.rows) + 1:010d}", number, p.id, p.name, employer.uscc, employer.name),
            *(occupation, iso(begun), iso(ended), round(wage, 2)),
        ]
        employment.add(row, p)

    if rng.random() < 0.3:
        former = hire(rng, world.enterprises)
        first = max(p.born + int(18 * YEAR), former.established)
        if first < start - 120:
            add(former, first, rng.randint(first + 60, start - 1), max(1800.0, p.wage * 0.8))
    if not end:
        p.employer = firm
    add(firm, start, end, max(1800.0, p.wage))
