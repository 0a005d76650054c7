"""Registered property at the natural resources bureau, and accounts of the housing fund."""

from quanshu.demo.synth import spec
from quanshu.demo.synth.enterprises import Enterprise
from quanshu.demo.synth.population import Household, Person
from quanshu.demo.synth.types import Column, Source, Table
from quanshu.demo.synth.world import TableData, World, iso

_PROPERTY = (
    spec.key("registration_no", "登记编号", "Registration number"),
    spec.text("certificate_no", "不动产权证号", "Certificate number", 60, "general-3"),
    spec.text("unit_no", "不动产单元号", "Property unit number", 28),
    spec.citizen("owner_id", "权利人身份号码", "Citizen ID of the owner"),
    spec.person_name("owner_name", "权利人姓名", "Name of the owner"),
    spec.division(),
    spec.address("address", "坐落", "Location"),
    Column("area_m2", "建筑面积（平方米）", "Floor area (m²)", type="decimal", precision=10, scale=2),
    spec.code("use_code", "用途代码", "Use", "property_use"),
    Column("mortgaged", "是否抵押", "Mortgaged", type="boolean", grade="general-3", personal=True, mask="full"),
    spec.day("registered_on", "登记日期", "Registered on"),
)
_ACCOUNT = (
    spec.key("account_no", "个人账号", "Account number"),
    spec.citizen(),
    spec.person_name(),
    spec.credit_code("employer_uscc", "单位统一社会信用代码", "Credit code of the employer"),
    spec.text("employer_name", "单位名称", "Employer"),
    spec.money("monthly_deposit", "月缴存额（元）", "Monthly deposit (yuan)"),
    spec.money("balance", "账户余额（元）", "Balance (yuan)"),
    spec.day("opened_on", "开户日期", "Opened on"),
    spec.day("last_deposit_on", "最近缴存日期", "Last deposit on"),
    spec.code("status_code", "账户状态", "Status", "fund_status"),
    spec.phone(),
)

NATURAL_RESOURCES = Source(
    name="natural_resources",
    title="不动产登记系统",
    title_en="Property register",
    unit="natural_resources",
    unit_name="济南市自然资源和规划局",
    unit_name_en="Jinan Bureau of Natural Resources and Planning",
    unit_code=spec.unit_code("00418267"),
    tables=(
        Table(
            name="property",
            title="不动产登记信息",
            title_en="Registered property",
            abstract="全市房屋类不动产的权利人、坐落、面积和抵押情况。",
            abstract_en="Owner, location, floor area and mortgage of registered buildings.",
            file="property.xlsx",
            format="xlsx",
            sheet="不动产登记",
            key=("registration_no",),
            columns=_PROPERTY,
            rules=(
                *spec.filled("owner_id", "owner_name", "area_m2"),
                *spec.listed(*_PROPERTY),
                *spec.citizens("owner_id"),
                spec.between("area_m2", 5, 2000),
                spec.shaped("division_code", spec.DIVISION),
                spec.distinct("unit_no"),
            ),
            update_cycle="weekly",
            share_condition="用于入学、落户等事项的房产核验。",
            share_condition_en="For checks of property in school and residence matters.",
        ),
    ),
)
HOUSING_FUND = Source(
    name="housing_fund",
    title="住房公积金业务系统",
    title_en="Housing fund system",
    unit="housing_fund",
    unit_name="济南住房公积金中心",
    unit_name_en="Jinan Housing Provident Fund Centre",
    unit_code=spec.unit_code("49557083"),
    tables=(
        Table(
            name="account",
            title="公积金个人账户信息",
            title_en="Housing fund accounts",
            abstract="职工住房公积金个人账户的缴存单位、缴存额和余额。",
            abstract_en="Employer, deposits and balance of employees' accounts.",
            file="housing_fund.csv",
            format="csv",
            encoding="utf-8",
            key=("account_no",),
            columns=_ACCOUNT,
            rules=(
                *spec.filled("citizen_id", "name", "balance"),
                *spec.listed(*_ACCOUNT),
                *spec.citizens("citizen_id"),
                *spec.credit_codes("employer_uscc"),
                spec.between("monthly_deposit", 50, 10000),
                spec.between("balance", 0, 5000000),
                spec.ordered("opened_on", "last_deposit_on"),
                spec.shaped("phone", spec.PHONE),
                spec.distinct("citizen_id"),
            ),
            share_condition="用于公积金缴存核验，金额字段不对外提供。",
            share_condition_en="For checks of deposits; amounts are withheld.",
        ),
    ),
)


def settle_owners(world: World) -> None:
    """Choose who stands in the papers of each dwelling: mostly the head, sometimes the spouse."""
    rng = world.chance("owners")
    for h in world.population.households:
        spouse = h.head.spouse
        if spouse is not None and not spouse.died and spouse.household is h and rng.random() < 0.3:
            h.owner = spouse


def build_property(world: World) -> dict[str, TableData]:
    """The rows of the property register."""
    rng, data = world.chance("property"), TableData()

    def add(h: Household, home: bool, use: str, mean: float) -> None:
        serial = len(data.rows) + 1
        door = h.door if home else world.places.door()
        area = round(min(400.0, max(12.0 if use == "30" else 28.0, rng.gauss(mean, mean / 4))), 2)
        registered = max(h.owner.born + 6600, world.today - 20 - int(rng.expovariate(1 / 3000.0)))
        registered = max(registered, 728000)
        year = int(str(iso(registered))[:4])
        place = door.place
        data.add(
            [
                *(f"BDC3701{serial:08d}", f"鲁({year})济南市不动产权第{serial:07d}号"),
                *(f"{place.code[:9]}GB{serial:05d}F{serial:08d}"[:28], h.owner.id, h.owner.name, place.code),
                *(door.full.removeprefix("山东省济南市"), area, use, rng.random() < 0.32, iso(registered)),
            ],
            h.owner,
        )

    for h in world.population.households:
        if rng.random() < 0.72:
            add(h, home=True, use="10", mean=104.0)
            if rng.random() < 0.13:
                add(h, home=False, use="10", mean=88.0)
            if rng.random() < 0.06:
                add(h, home=False, use="30", mean=14.0)
        elif rng.random() < 0.05:
            add(h, home=False, use="20", mean=62.0)
    return {"property": data}


def build_account(world: World) -> dict[str, TableData]:
    """The rows of the housing fund."""
    rng, data = world.chance("housing_fund"), TableData()
    for p in world.population.people:
        firm = p.employer
        if firm is None or rng.random() > 0.62:
            continue
        data.add(_account(world, p, firm, len(data.rows) + 1), p)
    return {"account": data}


def _account(world: World, p: Person, firm: Enterprise, serial: int) -> list[object]:
    rng = world.fund_chance
    deposit = round(min(9000.0, max(220.0, p.wage * rng.choice((0.1, 0.16, 0.2, 0.24)))), 2)
    adult = p.born + 18 * 366
    opened = max(adult, world.today - 60 - int(rng.expovariate(1 / 2000.0)))
    opened = min(opened, world.today - 10)
    sealed = rng.random() < 0.07
    last = rng.randint(opened, world.today) if sealed else max(opened, world.today - rng.randrange(1, 32))
    months = max(1, (last - opened) // 30)
    balance = round(min(900000.0, deposit * months * rng.uniform(0.25, 0.95)), 2)
    return [
        *(f"GJJ{serial:010d}", p.id, p.name, firm.uscc, firm.name, deposit, balance),
        *(iso(opened), iso(last), "2" if sealed else "1", p.phone or None),
    ]
