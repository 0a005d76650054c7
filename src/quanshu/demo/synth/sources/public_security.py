"""The register of residents and households at the public security bureau."""

from quanshu.demo.synth import spec
from quanshu.demo.synth.types import Column, Source, Table
from quanshu.demo.synth.world import TableData, World, iso

_HOUSEHOLD_COLUMNS = (
    spec.key("household_id", "户号", "Household number"),
    spec.code("household_type", "户类型", "Household type", "household_type"),
    spec.text("head_person_no", "户主人员编号", "Person number of the head", 20, "general-3"),
    Column("member_count", "成员数", "Members", type="integer", grade="general-1"),
    spec.division(),
    spec.address(),
    spec.day("established_on", "立户日期", "Established on"),
    spec.day("updated_on", "更新日期", "Updated on", "general-1"),
)
_RESIDENT_COLUMNS = (
    spec.key("person_no", "人员编号", "Person number"),
    spec.citizen(),
    spec.person_name(),
    spec.code("sex_code", "性别代码", "Sex", "sex", personal=True),
    spec.birth_day(),
    spec.code("ethnic_code", "民族代码", "Ethnic group", "ethnic_group", "general-3", personal=True),
    spec.code("marital_code", "婚姻状况代码", "Marital status", "marital_status", "general-3", personal=True),
    spec.code("education_code", "文化程度代码", "Education", "education", personal=True),
    spec.text("household_id", "户号", "Household number", 20),
    spec.code("relation_code", "与户主关系代码", "Relation to the head", "relation_to_head", personal=True),
    spec.division(),
    spec.address("address", "户籍地址", "Registered address"),
    spec.phone(),
    spec.code("status_code", "户籍状态代码", "Register status", "register_status", personal=True),
    spec.day("cancelled_on", "注销日期", "Cancelled on", "general-3", personal=True),
    spec.day("updated_on", "更新日期", "Updated on", "general-1"),
)

SOURCE = Source(
    name="public_security",
    title="人口管理信息系统",
    title_en="Population register",
    unit="public_security",
    unit_name="济南市公安局",
    unit_name_en="Jinan Public Security Bureau",
    unit_code=spec.unit_code("00418021"),
    tables=(
        Table(
            name="household",
            title="户籍家庭信息",
            title_en="Households",
            abstract="全市登记的家庭户和集体户，含户主、地址和成员数。",
            abstract_en="Registered households of the city with head, address and number of members.",
            file="public_security.sqlite",
            format="sqlite",
            key=("household_id",),
            columns=_HOUSEHOLD_COLUMNS,
            rules=(
                *spec.filled("head_person_no", "division_code", "address"),
                *spec.listed(*_HOUSEHOLD_COLUMNS),
                spec.shaped("division_code", spec.DIVISION),
                spec.between("member_count", 1, 20),
                spec.ordered("established_on", "updated_on"),
                spec.refers("head_person_no", "public_security", "resident", "person_no"),
            ),
            share_condition="用于政务服务和社会治理，按最小必要申请。",
            share_condition_en="For public services and governance, limited to what the task needs.",
        ),
        Table(
            name="resident",
            title="户籍人口基本信息",
            title_en="Registered residents",
            abstract="全市户籍人口的身份、户籍地址、婚姻和文化程度等基本信息。",
            abstract_en="Identity, registered address, marital status and education of the residents.",
            file="public_security.sqlite",
            format="sqlite",
            key=("person_no",),
            columns=_RESIDENT_COLUMNS,
            rules=(
                *spec.filled("citizen_id", "name", "sex_code", "birth_date", "household_id"),
                *spec.listed(*_RESIDENT_COLUMNS),
                *spec.citizens("citizen_id"),
                spec.shaped("division_code", spec.DIVISION),
                spec.shaped("phone", spec.PHONE),
                spec.ordered("birth_date", "updated_on"),
                spec.distinct("citizen_id"),
                spec.refers("household_id", "public_security", "household", "household_id"),
            ),
            share_condition="用于身份核验和政务服务，敏感字段脱敏。",
            share_condition_en="For identity checks and public services; sensitive fields are masked.",
        ),
    ),
)


def build(world: World) -> dict[str, TableData]:
    """The rows of both registers."""
    households, residents = TableData(), TableData()
    rng = world.chance("public_security")
    for h in world.population.households:
        place = h.door.place
        updated = max(h.established, max(m.updated for m in h.members))
        kind = "2" if len(h.members) == 1 and rng.random() < 0.08 else "1"
        households.add(
            [
                *(h.number, kind, h.head.number, len(h.members), place.code, h.door.full),
                *(iso(h.established), iso(updated)),
            ],
            h.head,
        )
    for p in world.population.people:
        door = p.household.door
        cancelled = p.died + 5 + rng.randrange(40) if p.died else 0
        residents.add(
            [
                *(p.number, p.id, p.name, p.sex, iso(p.born), p.ethnic, p.marital, p.education),
                *(p.household.number, p.relation, door.place.code, door.full, p.phone or None),
                *("2" if p.died else "1", iso(cancelled), iso(max(p.updated, cancelled))),
            ],
            p,
        )
    return {"household": households, "resident": residents}
