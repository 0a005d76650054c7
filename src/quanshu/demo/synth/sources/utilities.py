"""Customers of the water company and of the gas company."""

from quanshu.demo.synth import spec
from quanshu.demo.synth.places import URBAN
from quanshu.demo.synth.population import Household
from quanshu.demo.synth.types import Column, Source, Table
from quanshu.demo.synth.world import TableData, World, iso


def _usage(title: str) -> Column:
    return Column(
        "monthly_usage_m3",
        title,
        "Monthly use (m³)",
        type="decimal",
        precision=10,
        scale=1,
        grade="general-2",
        personal=True,
    )


_WATER = (
    spec.key("customer_no", "用户号", "Customer number"),
    spec.person_name("customer_name", "户名", "Name of the customer"),
    spec.citizen(),
    spec.phone(),
    spec.division(),
    spec.address("address", "用水地址", "Address of supply"),
    spec.text("meter_no", "水表编号", "Meter number", 20),
    spec.code("kind_code", "用户类别", "Kind of customer", "customer_kind"),
    spec.code("status_code", "用户状态", "Status", "customer_status"),
    spec.day("opened_on", "开户日期", "Supplied from"),
    _usage("月均用水量（立方米）"),
    spec.money("arrears", "欠费金额（元）", "Arrears (yuan)"),
    spec.day("updated_on", "更新日期", "Updated on", "general-1"),
)
_GAS = (
    spec.key("customer_no", "用户号", "Customer number"),
    spec.person_name("customer_name", "户名", "Name of the customer"),
    spec.citizen(),
    spec.phone(),
    spec.division(),
    spec.address("address", "用气地址", "Address of supply"),
    spec.text("meter_no", "燃气表编号", "Meter number", 20),
    spec.code("status_code", "用户状态", "Status", "customer_status"),
    spec.day("opened_on", "通气日期", "Supplied from"),
    _usage("月均用气量（立方米）"),
    spec.day("safety_checked_on", "最近安检日期", "Last safety check on"),
)
_CONDITION = "用于过户联办和民生服务，按最小必要申请。"
_CONDITION_EN = "For changes of owner and services to residents, limited to what the task needs."

WATER = Source(
    name="water_company",
    title="供水营业收费系统",
    title_en="Water customer system",
    unit="water_company",
    unit_name="泉城水务集团有限公司",
    unit_name_en="Quancheng Water Group",
    unit_code=spec.unit_code("16309125"),
    tables=(
        Table(
            name="customer",
            title="用水用户信息",
            title_en="Water customers",
            abstract="自来水用户的户名、用水地址、水表和用水量。",
            abstract_en="Name, address, meter and use of the customers of the water company.",
            file="water_customer.csv",
            format="csv",
            encoding="gb18030",
            key=("customer_no",),
            columns=_WATER,
            rules=(
                *spec.filled("customer_name", "address", "meter_no"),
                *spec.listed(*_WATER),
                *spec.citizens("citizen_id"),
                spec.shaped("phone", spec.PHONE),
                spec.shaped("division_code", spec.DIVISION),
                spec.between("monthly_usage_m3", 0, 500),
                spec.ordered("opened_on", "updated_on"),
                spec.distinct("meter_no"),
            ),
            update_cycle="monthly",
            share_condition=_CONDITION,
            share_condition_en=_CONDITION_EN,
        ),
    ),
)
GAS = Source(
    name="gas_company",
    title="燃气客户服务系统",
    title_en="Gas customer system",
    unit="gas_company",
    unit_name="泉城燃气有限公司",
    unit_name_en="Quancheng Gas Company",
    unit_code=spec.unit_code("74566098"),
    tables=(
        Table(
            name="customer",
            title="用气用户信息",
            title_en="Gas customers",
            abstract="管道燃气用户的户名、用气地址、用气量和安检日期。",
            abstract_en="Name, address, use and last safety check of the customers of the gas company.",
            file="gas_customer.xlsx",
            format="xlsx",
            sheet="用气用户",
            key=("customer_no",),
            columns=_GAS,
            rules=(
                *spec.filled("customer_name", "address", "meter_no"),
                *spec.listed(*_GAS),
                *spec.citizens("citizen_id"),
                spec.shaped("phone", spec.PHONE),
                spec.shaped("division_code", spec.DIVISION),
                spec.between("monthly_usage_m3", 0, 500),
                spec.ordered("opened_on", "safety_checked_on"),
                spec.distinct("meter_no"),
            ),
            update_cycle="monthly",
            share_condition=_CONDITION,
            share_condition_en=_CONDITION_EN,
        ),
    ),
)


def build_water(world: World) -> dict[str, TableData]:
    """The customers of the water company: most households."""
    rng, data = world.chance("water"), TableData()
    for h in world.population.households:
        if rng.random() > 0.9:
            continue
        serial, owner = len(data.rows) + 1, h.owner
        opened = _opened(world, h, rng.expovariate(1 / 3200.0))
        use = round(max(1.0, rng.gauss(2.6, 0.8) * len(h.members)), 1)
        arrears = round(rng.uniform(10, 260), 2) if rng.random() < 0.05 else 0.0
        status = "2" if rng.random() < 0.02 else "1"
        data.add(
            [
                *(
                    f"W{serial:09d}",
                    owner.name,
                    owner.id if rng.random() < 0.86 else None,
                    owner.phone or None,
                ),
                *(
                    h.door.place.code,
                    h.door.short,
                    f"SB{serial:010d}",
                    "1",
                    status,
                    iso(opened),
                    use,
                    arrears,
                ),
                iso(max(opened, world.today - rng.randrange(1, 900))),
            ],
            owner,
        )
    return {"customer": data}


def build_gas(world: World) -> dict[str, TableData]:
    """The customers of the gas company: most urban households and some others."""
    rng, data = world.chance("gas"), TableData()
    for h in world.population.households:
        if rng.random() > (0.86 if h.door.place.district in URBAN else 0.35):
            continue
        serial, owner = len(data.rows) + 1, h.owner
        opened = _opened(world, h, rng.expovariate(1 / 2600.0))
        checked = max(opened, world.today - rng.randrange(1, 720))
        use = round(max(0.5, rng.gauss(6.0, 2.0) * len(h.members) ** 0.6), 1)
        data.add(
            [
                *(
                    f"G{serial:09d}",
                    owner.name,
                    owner.id if rng.random() < 0.8 else None,
                    owner.phone or None,
                ),
                *(h.door.place.code, h.door.short, f"RQ{serial:010d}", "2" if rng.random() < 0.02 else "1"),
                *(iso(opened), use, iso(checked)),
            ],
            owner,
        )
    return {"customer": data}


def _opened(world: World, h: Household, ago: float) -> int:
    return min(world.today - 2, max(h.owner.born + 20 * 366, world.today - 10 - int(ago)))
