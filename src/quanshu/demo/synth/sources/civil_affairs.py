"""Marriages, cremations, old-age allowances and social organisations at the civil affairs bureau."""

from quanshu.demo.synth import spec
from quanshu.demo.synth.population import DIVORCED, YEAR, Person
from quanshu.demo.synth.types import Source, Table
from quanshu.demo.synth.world import TableData, World, iso

_MARRIAGE = (
    spec.key("certificate_no", "结婚证字号", "Certificate number", 30),
    spec.citizen("husband_id", "男方身份号码", "Citizen ID of the husband"),
    spec.person_name("husband_name", "男方姓名", "Name of the husband"),
    spec.citizen("wife_id", "女方身份号码", "Citizen ID of the wife"),
    spec.person_name("wife_name", "女方姓名", "Name of the wife"),
    spec.day("registered_on", "登记日期", "Registered on", "general-3", personal=True),
    spec.text("office", "登记机关", "Registration office"),
    spec.code("status_code", "婚姻登记状态", "Status", "marriage_status", "general-3", personal=True),
    spec.day("ended_on", "离婚日期", "Divorced on", "general-3", personal=True),
)
_CREMATION = (
    spec.key("cremation_no", "火化证号", "Cremation number"),
    spec.citizen(),
    spec.person_name(),
    spec.code("sex_code", "性别代码", "Sex", "sex", personal=True),
    spec.birth_day(),
    spec.day("death_date", "死亡日期", "Date of death", "general-3", personal=True),
    spec.day("cremated_on", "火化日期", "Cremated on", "general-3", personal=True),
    spec.text("funeral_home", "殡仪馆", "Funeral home"),
)
_ALLOWANCE = (
    spec.key("allowance_no", "津贴编号", "Allowance number"),
    spec.citizen(),
    spec.person_name(),
    spec.birth_day(),
    spec.code("level_code", "津贴档次", "Level", "allowance_level"),
    spec.money("monthly_amount", "月发放金额（元）", "Monthly amount (yuan)"),
    spec.day("start_on", "起始日期", "Paid from"),
    spec.day("stop_on", "停发日期", "Stopped on"),
    spec.code("status_code", "发放状态", "Status", "allowance_status"),
    spec.division(),
    spec.phone(),
)
_ORGANISATION = (
    spec.key("registration_no", "登记证号", "Registration number"),
    spec.credit_code("uscc", "统一社会信用代码", "Unified social credit code"),
    spec.text("organisation_name", "社会组织名称", "Name", 100, "general-1"),
    spec.code("kind_code", "社会组织类型", "Kind", "organisation_kind", "general-1"),
    spec.person_name("representative_name", "法定代表人姓名", "Legal representative"),
    spec.citizen("representative_id", "法定代表人身份号码", "Citizen ID of the legal representative"),
    spec.day("registered_on", "成立登记日期", "Registered on", "general-1"),
    spec.day("cancelled_on", "注销日期", "Dissolved on", "general-1"),
    spec.money("capital", "注册资金（万元）", "Capital (10,000 yuan)", personal=False, grade="general-1"),
    spec.division(),
    spec.text("address", "住所", "Registered office", 200, "general-1"),
    spec.phone(),
    spec.code("status_code", "状态", "Status", "organisation_status", "general-1"),
)

SOURCE = Source(
    name="civil_affairs",
    title="民政业务综合系统",
    title_en="Civil affairs system",
    unit="civil_affairs",
    unit_name="济南市民政局",
    unit_name_en="Jinan Civil Affairs Bureau",
    unit_code=spec.unit_code("00418056"),
    tables=(
        Table(
            name="marriage",
            title="婚姻登记信息",
            title_en="Marriage registrations",
            abstract="全市婚姻登记机关办理的结婚、离婚登记。",
            abstract_en="Marriages and divorces registered in the city.",
            file="civil_affairs.sqlite",
            format="sqlite",
            key=("certificate_no",),
            columns=_MARRIAGE,
            rules=(
                *spec.filled("husband_id", "wife_id", "registered_on"),
                *spec.listed(*_MARRIAGE),
                *spec.citizens("husband_id", "wife_id"),
                spec.ordered("registered_on", "ended_on"),
            ),
            share_condition="用于婚姻状况核验。",
            share_condition_en="For checks of marital status.",
        ),
        Table(
            name="cremation",
            title="殡葬火化信息",
            title_en="Cremations",
            abstract="全市殡仪馆的遗体火化登记。",
            abstract_en="Cremations registered by the funeral homes.",
            file="civil_affairs.sqlite",
            format="sqlite",
            key=("cremation_no",),
            columns=_CREMATION,
            rules=(
                *spec.filled("citizen_id", "death_date"),
                *spec.listed(*_CREMATION),
                *spec.citizens("citizen_id"),
                spec.ordered("birth_date", "death_date"),
                spec.ordered("death_date", "cremated_on"),
                spec.distinct("citizen_id"),
            ),
            share_condition="用于待遇资格核查。",
            share_condition_en="For checks of entitlement.",
        ),
        Table(
            name="elderly_allowance",
            title="高龄津贴发放信息",
            title_en="Old-age allowances",
            abstract="80周岁及以上老年人高龄津贴的档次、金额和发放状态。",
            abstract_en="Level, amount and status of the allowances of residents aged 80 and over.",
            file="civil_affairs.sqlite",
            format="sqlite",
            key=("allowance_no",),
            columns=_ALLOWANCE,
            rules=(
                *spec.filled("citizen_id", "name", "monthly_amount"),
                *spec.listed(*_ALLOWANCE),
                *spec.citizens("citizen_id"),
                spec.between("monthly_amount", 50, 2000),
                spec.ordered("start_on", "stop_on"),
                spec.shaped("division_code", spec.DIVISION),
                spec.shaped("phone", spec.PHONE),
                spec.distinct("citizen_id"),
            ),
            update_cycle="monthly",
            share_condition="用于养老服务和资格核查。",
            share_condition_en="For elderly care and checks of entitlement.",
        ),
        Table(
            name="social_organisation",
            title="社会组织登记信息",
            title_en="Social organisations",
            abstract="全市登记的社会团体、民办非企业单位和基金会。",
            abstract_en="Associations, private non-enterprise units and foundations registered in the city.",
            file="social_organisation.xlsx",
            format="xlsx",
            sheet="社会组织",
            key=("registration_no",),
            columns=_ORGANISATION,
            rules=(
                *spec.filled("uscc", "organisation_name", "representative_name"),
                *spec.listed(*_ORGANISATION),
                *spec.credit_codes("uscc"),
                *spec.citizens("representative_id"),
                spec.between("capital", 0, 100000),
                spec.ordered("registered_on", "cancelled_on"),
                spec.shaped("phone", spec.PHONE),
                spec.distinct("uscc"),
            ),
            update_cycle="weekly",
            share_type=1,
        ),
    ),
)


def build(world: World) -> dict[str, TableData]:
    """The rows of the four tables."""
    return {
        "marriage": _marriages(world),
        "cremation": _cremations(world),
        "elderly_allowance": _allowances(world),
        "social_organisation": _organisations(world),
    }


def _marriages(world: World) -> TableData:
    rng, data = world.chance("marriage"), TableData()

    def add(man: Person, woman: Person, wed: int, ended: int) -> None:
        number = f"J370100-{str(iso(wed))[:4]}-{len(data.rows) + 1:07d}"
        office = f"{man.household.door.place.district_name}婚姻登记处"
        status = "2" if ended else "1"
        row = [number, man.id, man.name, woman.id, woman.name, iso(wed), office, status, iso(ended)]
        data.add(row, man)

    for man in world.population.people:
        woman = man.spouse
        if man.female or woman is None:
            continue
        grown = max(man.born + 22 * 366, woman.born + 20 * 366)
        eldest = min((c.born for c in man.children), default=world.today)
        latest = max(grown, min(eldest - 200, grown + 4000, world.today))
        add(man, woman, min(rng.randint(grown, latest), world.today), 0)
    parted = [p for p in world.population.people if p.marital == DIVORCED]
    men, women = [p for p in parted if not p.female], [p for p in parted if p.female]
    for man, woman in zip(men, women, strict=False):
        grown = max(man.born + 22 * 366, woman.born + 20 * 366)
        if grown < world.today - 800:
            wed = rng.randint(grown, world.today - 700)
            add(man, woman, wed, rng.randint(wed + 300, world.today))
    return data


def _cremations(world: World) -> TableData:
    rng, data = world.chance("cremation"), TableData()
    for p in world.population.people:
        if p.died and rng.random() < 0.97:
            home = f"{p.household.door.place.district_name}殡仪馆"
            day = p.died + 1 + rng.randrange(4)
            number = f"HH{len(data.rows) + 1:08d}"
            data.add([number, p.id, p.name, p.sex, iso(p.born), iso(p.died), iso(day), home], p)
    return data


def _allowances(world: World) -> TableData:
    rng, data = world.chance("allowance"), TableData()
    for p in world.population.people:
        until = p.died or world.today
        age = p.age(until)
        start = p.born + int(80 * YEAR) + 20
        if age < 80 or start >= until or rng.random() > 0.95:
            continue
        level, amount = ("1", 100.0) if age < 90 else ("2", 300.0) if age < 100 else ("3", 800.0)
        stop = p.died + 10 + rng.randrange(30) if p.died else 0
        data.add(
            [
                *(
                    f"GL{len(data.rows) + 1:08d}",
                    p.id,
                    p.name,
                    iso(p.born),
                    level,
                    amount,
                    iso(start),
                    iso(stop),
                ),
                *("2" if stop else "1", p.household.door.place.code, p.phone),
            ],
            p,
        )
    return data


_WORDS = (
    *("书法家协会", "老年人体育协会", "志愿服务协会", "摄影学会", "商会"),
    *("养老服务中心", "社会工作服务中心", "职业培训学校", "幼儿园"),
    "公益基金会",
)


def _organisations(world: World) -> TableData:
    rng, data = world.chance("social_organisation"), TableData()
    adults = [p for p in world.population.people if 30 <= p.age(world.today) <= 72 and not p.died]
    for serial in range(1, max(12, len(world.population.people) // 250) + 1):
        chief, door, word = rng.choice(adults), world.places.door(), rng.choice(_WORDS)
        kind = "3" if word.endswith("基金会") else "1" if word.endswith(("协会", "学会", "商会")) else "2"
        place = door.place
        area = "370100" if place.district == "370176" else place.district
        founded = max(chief.born + 28 * 366, world.today - 200 - rng.randrange(7000))
        ended = rng.randint(founded + 90, world.today) if rng.random() < 0.06 else 0
        capital = float(rng.choice((3, 5, 10, 30))) if kind != "3" else float(rng.choice((200, 400, 800)))
        name = f"济南市{place.district_name}{place.street_name.removesuffix('街道')}{word}"
        data.add(
            [
                *(
                    f"SZ370100{serial:06d}",
                    world.mint.new("5" + kind, area),
                    name,
                    kind,
                    chief.name,
                    chief.id,
                ),
                *(
                    iso(founded),
                    iso(ended),
                    capital,
                    place.code,
                    door.short,
                    chief.phone,
                    "2" if ended else "1",
                ),
            ],
            chief,
        )
    return data
