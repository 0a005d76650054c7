"""Birth and death certificates, and visits to hospitals, at the health commission."""

from quanshu.demo.synth import spec
from quanshu.demo.synth.types import Column, Source, Table
from quanshu.demo.synth.world import TableData, World, iso

_BIRTH = (
    spec.key("certificate_no", "出生医学证明编号", "Certificate number"),
    spec.person_name("child_name", "新生儿姓名", "Name of the child"),
    spec.citizen("child_id", "新生儿身份号码", "Citizen ID of the child"),
    spec.code("sex_code", "性别代码", "Sex", "sex", personal=True),
    spec.birth_day(),
    Column(
        "weight_g",
        "出生体重（克）",
        "Weight (g)",
        type="integer",
        grade="general-4",
        personal=True,
        mask="full",
    ),
    Column(
        "gestation_weeks",
        "孕周",
        "Weeks of gestation",
        type="integer",
        grade="general-4",
        personal=True,
        mask="full",
    ),
    spec.text("hospital", "接生机构", "Hospital"),
    spec.citizen("mother_id", "母亲身份号码", "Citizen ID of the mother"),
    spec.person_name("mother_name", "母亲姓名", "Name of the mother"),
    spec.citizen("father_id", "父亲身份号码", "Citizen ID of the father"),
    spec.person_name("father_name", "父亲姓名", "Name of the father"),
    spec.day("issued_on", "签发日期", "Issued on", "general-1"),
)
_DEATH = (
    spec.key("certificate_no", "死亡医学证明编号", "Certificate number"),
    spec.citizen(),
    spec.person_name(),
    spec.code("sex_code", "性别代码", "Sex", "sex", personal=True),
    spec.birth_day(),
    spec.day("death_date", "死亡日期", "Date of death", "general-3", personal=True),
    Column(
        "cause_code",
        "根本死因编码",
        "Cause of death (ICD-10)",
        max_length=8,
        grade="general-4",
        personal=True,
        mask="full",
    ),
    spec.code("place_code", "死亡地点类型", "Place of death", "place_of_death", "general-3", personal=True),
    spec.text("hospital", "填报机构", "Reporting institution"),
    spec.day("issued_on", "签发日期", "Issued on", "general-1"),
)
_VISIT = (
    spec.key("visit_no", "就诊流水号", "Visit number"),
    spec.citizen(),
    spec.person_name(),
    spec.code("sex_code", "性别代码", "Sex", "sex", personal=True),
    spec.birth_day(),
    spec.phone(),
    spec.text("hospital", "医疗机构", "Hospital"),
    spec.day("visited_on", "就诊日期", "Visited on", "general-4", personal=True),
)

SOURCE = Source(
    name="health",
    title="全民健康信息平台",
    title_en="Health information platform",
    unit="health",
    unit_name="济南市卫生健康委员会",
    unit_name_en="Jinan Health Commission",
    unit_code=spec.unit_code("00418144"),
    tables=(
        Table(
            name="birth",
            title="出生医学证明信息",
            title_en="Birth certificates",
            abstract="近十年全市助产机构签发的出生医学证明。",
            abstract_en="Birth certificates issued in the city over the last ten years.",
            file="birth.csv",
            format="csv",
            encoding="utf-8-sig",
            key=("certificate_no",),
            columns=_BIRTH,
            rules=(
                *spec.filled("birth_date", "mother_id"),
                *spec.listed(*_BIRTH),
                *spec.citizens("child_id", "mother_id", "father_id"),
                spec.between("weight_g", 300, 8000),
                spec.between("gestation_weeks", 20, 45),
                spec.ordered("birth_date", "issued_on"),
            ),
            share_condition="用于出生一件事联办。",
            share_condition_en="For the joint handling of a birth.",
        ),
        Table(
            name="death",
            title="死亡医学证明信息",
            title_en="Death certificates",
            abstract="近五年全市签发的居民死亡医学证明。",
            abstract_en="Death certificates issued in the city over the last five years.",
            file="death.csv",
            format="csv",
            encoding="utf-8",
            key=("certificate_no",),
            columns=_DEATH,
            rules=(
                *spec.filled("citizen_id", "death_date"),
                *spec.listed(*_DEATH),
                *spec.citizens("citizen_id"),
                spec.shaped("cause_code", r"^[A-Z]\d{2}(\.\d)?$"),
                spec.ordered("birth_date", "death_date"),
                spec.ordered("death_date", "issued_on"),
                spec.distinct("citizen_id"),
            ),
            share_condition="用于户籍注销和待遇资格核查，死因不对外提供。",
            share_condition_en="For the register and checks of entitlement; the cause is withheld.",
        ),
        Table(
            name="visit",
            title="门诊住院记录",
            title_en="Visits to hospitals",
            abstract="近两年全市医疗机构的门诊和住院就诊记录，不含病情。",
            abstract_en="Visits to the city's hospitals in the last two years, without what was found.",
            file="visit.csv",
            format="csv",
            encoding="utf-8",
            key=("visit_no",),
            columns=_VISIT,
            rules=(
                *spec.filled("citizen_id", "visited_on"),
                *spec.listed(*_VISIT),
                *spec.citizens("citizen_id"),
                spec.shaped("phone", spec.PHONE),
                spec.ordered("birth_date", "visited_on"),
            ),
            share_condition="用于生存状态核查，不提供病情。",
            share_condition_en="For checks of life status; nothing of the illness is given.",
        ),
    ),
)

_CAUSES = (
    "I21.9",
    "I25.1",
    "I61.9",
    "I63.9",
    "C34.9",
    "C16.9",
    "C22.0",
    "J44.1",
    "J18.9",
    "E11.9",
    "G30.9",
    "W19",
)
_BIRTHS_SINCE = 3653
_VISITS_SINCE = 730


def build(world: World) -> dict[str, TableData]:
    """The rows of the three tables."""
    return {"birth": _births(world), "death": _deaths(world), "visit": _visits(world)}


def _births(world: World) -> TableData:
    rng, data = world.chance("birth"), TableData()
    for child in world.population.people:
        mother, father = child.mother, child.father
        if world.today - child.born > _BIRTHS_SINCE or mother is None:
            continue
        issued = min(child.born + 2 + rng.randrange(25), world.today)
        # A newborn is certified before the police give it a number.
        known = world.today - child.born > 60
        weeks = min(42, max(28, round(rng.gauss(39.2, 1.4))))
        weight = min(5200, max(900, round(rng.gauss(3300 - (39 - weeks) * 150, 380))))
        district = child.household.door.place.district_name
        data.add(
            [
                *(f"Y37{len(data.rows) + 1:08d}", child.name, child.id if known else None, child.sex),
                *(iso(child.born), weight, weeks, district + rng.choice(("妇幼保健院", "人民医院"))),
                *(mother.id, mother.name, father.id if father else None, father.name if father else None),
                iso(issued),
            ],
            child,
        )
    return data


def _deaths(world: World) -> TableData:
    rng, data = world.chance("death"), TableData()
    for p in world.population.people:
        if not p.died:
            continue
        place = rng.choices(("1", "2", "9"), weights=(52, 43, 5))[0]
        hospital = p.household.door.place.district_name + ("人民医院" if place == "1" else "疾病预防控制中心")
        data.add(
            [
                *(f"SW37{len(data.rows) + 1:08d}", p.id, p.name, p.sex, iso(p.born), iso(p.died)),
                *(rng.choice(_CAUSES), place, hospital, iso(p.died + rng.randrange(6))),
            ],
            p,
        )
    return data


def _visits(world: World) -> TableData:
    """The last visit of some, the old more often than the young; nobody is treated after death here."""
    rng, data = world.chance("visit"), TableData()
    for p in world.population.people:
        until = min(world.today, p.died or world.today)
        since = max(p.born, world.today - _VISITS_SINCE)
        if since >= until or rng.random() > (0.45 if p.age(until) >= 60 else 0.12):
            continue
        hospital = p.household.door.place.district_name + rng.choice(("人民医院", "中医医院", "第二人民医院"))
        number = f"MZ37{len(data.rows) + 1:09d}"
        day = iso(rng.randint(since, until))
        data.add([number, p.id, p.name, p.sex, iso(p.born), p.phone or None, hospital, day], p)
    return data
