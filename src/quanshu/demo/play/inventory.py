"""Businesses, systems and data of the demo's units with a few real gaps; public-service companies at every stage."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import CITY_TZ, now
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.inventory.api import (
    Asset,
    AssetData,
    Company,
    CompanyData,
    Gap,
    RecordData,
    create_asset,
    inventory_figures,
    link_assets,
    list_company,
    plan_gap,
    record_coordination,
    recount_gaps,
    supplier_figures,
)

# Unit: system, its network; businesses with their priority and the clause they serve; tables of the unit's source.
# A business without a system, a system whose data are not catalogued, and paper that no business claims are kept.
UNITS = {
    "public_security": (
        ("人口综合管理系统", "private", "3"),
        (("户籍办理", "urgent", "2.1.5"), ("居民身份证办理", "high", "2.3.4"), ("犬只登记", "low", "")),
        ("household", "resident"),
    ),
    "civil_affairs": (
        ("民政一体化平台", "government", "3"),
        (("婚姻登记", "urgent", "2.1.5"), ("高龄津贴发放", "high", "2.1.5"), ("社会组织登记", "normal", "2.1.5")),
        ("marriage", "cremation", "elderly_allowance", "social_organisation"),
    ),
    "health": (
        ("全民健康信息平台", "government", "3"),
        (("出生医学证明签发", "high", "2.3.4"), ("死亡医学证明签发", "urgent", "2.1.5")),
        ("birth", "death"),
    ),
    "human_resources": (
        ("社会保险业务系统", "private", "3"),
        (("社会保险参保登记", "high", "2.3.4"), ("就业登记", "normal", "")),
        ("social_insurance", "employment"),
    ),
    "market_regulation": (
        ("市场主体登记系统", "government", "3"),
        (("市场主体登记", "urgent", "2.1.5"), ("特种设备使用登记", "high", "2.1.1")),
        ("enterprise",),
    ),
    "natural_resources": (("不动产登记系统", "government", "3"), (("不动产登记", "urgent", "2.6.2"),), ("property",)),
    "housing_fund": (("公积金业务系统", "government", "3"), (("公积金提取", "high", "2.6.2"),), ("account",)),
    "water_company": (("营业收费系统", "private", "2"), (("供水报装与收费", "high", "2.1.2"),), ("customer",)),
    "gas_company": (("燃气客服系统", "private", "2"), (("供气报装与收费", "high", "2.1.2"),), ("customer",)),
}
# Businesses that no system carries yet.
BY_HAND = frozenset({"犬只登记", "特种设备使用登记"})
# (unit, system whose data are not catalogued, its data resource, how it is kept)
UNCATALOGUED = (
    ("civil_affairs", "养老服务信息系统", "养老机构床位信息", "database"),
    ("market_regulation", "食品抽检系统", "食品抽检结果", "spreadsheet"),
)
UNCLAIMED = (("natural_resources", "纸质权籍底册", "paper"),)
# Short name of the unit, sector, stage reached; then name, English name, sector and stage of those not registered.
COMPANIES = (
    ("water_company", "water", "connected"),
    ("gas_company", "gas", "connected"),
)
OTHERS = (
    ("泉城供电公司", "Quancheng Power Supply", "power", "agreed"),
    ("泉城热力集团", "Quancheng Heating", "heat", "contacted"),
    ("泉城公共交通集团", "Quancheng Public Transport", "transport", "contacted"),
    ("泉城轨道交通集团", "Quancheng Rail Transit", "transport", ""),
    ("泉城通信甲公司", "Quancheng Telecom A", "telecom", "contacted"),
    ("泉城通信乙公司", "Quancheng Telecom B", "telecom", ""),
)
TALKS = {
    "contacted": ("数据共享首次会商", "介绍供需对接流程，企业确认联系人", "提交可共享数据清单", 12),
    "agreed": ("共享范围与接口会商", "就共享字段、更新周期和授权方式达成一致", "完成单位登记并编制目录", 8),
    "connected": ("数据接入验收", "数据源已建立，按目录约定周期汇聚", "", 0),
}


def play_inventory(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """Fill the inventory once, let the rule find its gaps, plan two of them, and list the companies."""
    if not Asset.objects.exists():
        # In one piece, so that no gap is found between an object and its links.
        with transaction.atomic():
            for short, (system, businesses, tables) in UNITS.items():
                enter_unit(cast, entries, short, system, businesses, tables)
            enter_gaps(cast)
    if not Company.objects.exists():
        list_companies(cast)
    recount_gaps(now=now())
    if not Gap.objects.filter(state="planned").exists():
        plan_some(cast)
    figures = inventory_figures(today=now().astimezone(CITY_TZ).date())
    whole = supplier_figures()[0]
    say(
        f"inventory: {figures.businesses} businesses, {figures.with_system} with a system; "
        f"{figures.open_gaps} open gaps; {whole.sharing} of {whole.listed} listed companies share"
    )


def enter_unit(
    cast: Cast,
    entries: dict[tuple[str, str], Entry],
    short: str,
    system: tuple[str, str, str],
    businesses: tuple[tuple[str, str, str], ...],
    tables: tuple[str, ...],
) -> None:
    """One unit's system, businesses and data, linked, as its steward enters them."""
    actor, unit, at = cast.stewards[short], cast.units[short], now()
    name, network, protection = system
    data = AssetData(name, priority="high", network=network, protection=protection)
    carrier = create_asset(actor=actor, now=at, unit=unit, kind="system", data=data)
    first = None
    for title, priority, task in businesses:
        stated = AssetData(title, priority=priority, task=task, basis="部门权责清单")
        business = create_asset(actor=actor, now=at, unit=unit, kind="business", data=stated)
        if title not in BY_HAND:
            link_assets(actor=actor, now=at, upper=business, lower=carrier)
            first = first or business
    for table in tables:
        entry = entries[short, table]
        stated = AssetData(
            entry.resource_name,
            priority="high",
            form=entry.format_class,
            cycle=entry.update_cycle,
            entry_code=entry.code,
        )
        resource = create_asset(actor=actor, now=at, unit=unit, kind="data", data=stated)
        link_assets(actor=actor, now=at, upper=carrier, lower=resource)
        if first is not None:
            link_assets(actor=actor, now=at, upper=first, lower=resource)


def enter_gaps(cast: Cast) -> None:
    """What the rule will find: systems whose data are not catalogued, and data that no business claims."""
    for short, system, resource, form in UNCATALOGUED:
        actor, unit, at = cast.stewards[short], cast.units[short], now()
        stated = AssetData(system, priority="high", task="2.2.1", network="government", protection="2")
        carrier = create_asset(actor=actor, now=at, unit=unit, kind="system", data=stated)
        data = create_asset(actor=actor, now=at, unit=unit, kind="data", data=AssetData(resource, form=form))
        link_assets(actor=actor, now=at, upper=carrier, lower=data)
    for short, resource, form in UNCLAIMED:
        stated = AssetData(resource, priority="low", form=form)
        create_asset(actor=cast.stewards[short], now=now(), unit=cast.units[short], kind="data", data=stated)


def plan_some(cast: Cast) -> None:
    """The two most urgent gaps are planned by their unit's steward."""
    at = now()
    for gap in Gap.objects.filter(state="open").select_related("unit")[:2]:
        short = next(short for short, unit in cast.units.items() if unit.pk == gap.unit.pk)
        steward = gap.unit.duties.select_related("person").get(kind="steward", until__isnull=True).person
        plan_gap(
            actor=cast.stewards[short],
            now=at,
            gap=gap,
            plan="与大数据局会商，编制目录并纳入下月汇聚计划",
            planned_on=at.astimezone(CITY_TZ).date() + timedelta(days=21),
            responsible=steward,
        )


def list_companies(cast: Cast) -> None:
    """The bureau's list: two registered companies, and the other sectors' at their stages."""
    officer, at = cast.actors["bureau"], now()
    for short, sector, stage in COMPANIES:
        unit = cast.units[short]
        data = CompanyData(unit.name, sector, name_en=unit.name_en, unit_uid=unit.uid)
        talk(cast, list_company(actor=officer, now=at, data=data), stage, at)
    for name, name_en, sector, stage in OTHERS:
        company = list_company(actor=officer, now=at, data=CompanyData(name, sector, name_en=name_en))
        if stage:
            talk(cast, company, stage, at)


def talk(cast: Cast, company: Company, upto: str, at: datetime) -> None:
    """Records of coordination up to a stage, a week apart."""
    stages = list(TALKS)[: list(TALKS).index(upto) + 1]
    for number, stage in enumerate(stages):
        matter, outcome, step, days = TALKS[stage]
        day = at.astimezone(CITY_TZ).date() - timedelta(days=7 * (len(stages) - number))
        record_coordination(
            actor=cast.actors["bureau"],
            now=at,
            company=company,
            data=RecordData(
                day=day.isoformat(),
                people=f"大数据局 王思远；{company.name} 信息部负责人",
                matter=matter,
                outcome=outcome,
                stage=stage,
                next_step=step,
                next_due=(day + timedelta(days=days)).isoformat() if step else "",
            ),
        )
