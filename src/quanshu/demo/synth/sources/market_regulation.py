"""The register of enterprises at the administration for market regulation."""

from quanshu.demo.synth import spec
from quanshu.demo.synth.types import Source, Table
from quanshu.demo.synth.world import TableData, World, iso

_ENTERPRISE = (
    spec.key("registration_no", "注册号", "Registration number"),
    spec.credit_code("uscc", "统一社会信用代码", "Unified social credit code"),
    spec.text("enterprise_name", "企业名称", "Name", 100, "general-1"),
    spec.code("kind_code", "企业类型代码", "Kind", "enterprise_kind", "general-1"),
    spec.code("industry_code", "行业门类代码", "Industry", "industry", "general-1"),
    spec.person_name("representative_name", "法定代表人姓名", "Legal representative"),
    spec.citizen("representative_id", "法定代表人身份号码", "Citizen ID of the legal representative"),
    spec.money("capital", "注册资本（万元）", "Registered capital (10,000 yuan)", personal=False, grade="general-1"),
    spec.day("established_on", "成立日期", "Established on", "general-1"),
    spec.day("cancelled_on", "注销（吊销）日期", "Dissolved or revoked on", "general-1"),
    spec.code("status_code", "登记状态", "Status", "enterprise_status", "general-1"),
    spec.division(),
    spec.text("address", "住所", "Registered office", 200, "general-1"),
    spec.phone(),
)

SOURCE = Source(
    name="market_regulation",
    title="市场主体登记系统",
    title_en="Register of enterprises",
    unit="market_regulation",
    unit_name="济南市市场监督管理局",
    unit_name_en="Jinan Administration for Market Regulation",
    unit_code=spec.unit_code("00418232"),
    tables=(
        Table(
            name="enterprise",
            title="企业登记信息",
            title_en="Enterprises",
            abstract="全市企业的统一社会信用代码、法定代表人、行业和登记状态。",
            abstract_en="Credit code, legal representative, industry and status of the city's enterprises.",
            file="enterprise.csv",
            format="csv",
            encoding="gb18030",
            key=("registration_no",),
            columns=_ENTERPRISE,
            rules=(
                *spec.filled("uscc", "enterprise_name", "representative_name"),
                *spec.listed(*_ENTERPRISE),
                *spec.credit_codes("uscc"),
                *spec.citizens("representative_id"),
                spec.between("capital", 0, 1000000),
                spec.ordered("established_on", "cancelled_on"),
                spec.shaped("division_code", spec.DIVISION),
                spec.shaped("phone", spec.PHONE_OR_LANDLINE),
                spec.distinct("uscc"),
            ),
            share_type=1,
        ),
    ),
)


def build(world: World) -> dict[str, TableData]:
    """The rows of the register."""
    data = TableData()
    for firm in world.enterprises:
        place, chief = firm.door.place, firm.representative
        data.add(
            [
                *(
                    firm.number,
                    firm.uscc,
                    firm.name,
                    firm.kind,
                    firm.industry,
                    chief.name,
                    chief.id,
                    firm.capital,
                ),
                *(
                    iso(firm.established),
                    iso(firm.cancelled),
                    firm.status,
                    place.code,
                    firm.door.short,
                    firm.phone,
                ),
            ],
            chief,
        )
    return {"enterprise": data}
