"""Unified hosting: a district without a system of its own keeps a table in the platform."""

from __future__ import annotations

from datetime import timedelta

from quanshu.demo.play.people import Cast, steward_of
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now, today
from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue.api import (
    Entry,
    EntryData,
    ItemData,
    create_entry,
    publish_entry,
    submit_entry,
)
from quanshu.supply.hosting.api import (
    Agreement,
    AgreementData,
    Change,
    Work,
    accept_agreement,
    add_row,
    draft_agreement,
    edit_row,
    propose_agreement,
    read_row,
    undo_change,
)

DISTRICT = "370102000000"
ITEMS = (
    ItemData("station_no", "驿站编号", "string", "Station number", length=12, is_key=True, grade="general-1"),
    ItemData("name", "驿站名称", "string", "Name", length=40, required=True, grade="general-1"),
    ItemData("street", "所属街道", "string", "Street", length=40, required=True, grade="general-1"),
    ItemData("keeper", "负责人", "string", "Keeper", length=20, personal=True, mask="name", grade="general-3"),
    ItemData("seats", "座位数", "integer", "Seats", grade="general-1"),
    ItemData("open_24h", "是否全天开放", "boolean", "Open all day", grade="general-1"),
    ItemData("opened_on", "启用日期", "date", "Opened on", grade="general-1"),
)
ROWS = (
    ("LX-001", "泉城路户外劳动者驿站", "泉城路街道", "周启明", "12", "true", "2023-05-01"),
    ("LX-002", "千佛山户外劳动者驿站", "千佛山街道", "孙若兰", "8", "false", "2023-09-28"),
    ("LX-003", "大明湖户外劳动者驿站", "大明湖街道", "郑文博", "10", "true", "2024-04-30"),
    ("LX-004", "解放路户外劳动者驿站", "解放路街道", "吴静怡", "6", "false", "2024-10-15"),
)
DATA = EntryData(
    resource_name="户外劳动者驿站名录",
    name_en="Rest stations for outdoor workers",
    classification_code="204001",
    abstract="历下区户外劳动者驿站的位置、负责人和开放情况，由街道维护",
    abstract_en="Rest stations for outdoor workers in Lixia: place, keeper and hours, kept by the streets",
    format_class="spreadsheet",
    share_condition="用于城市运行管理和便民地图服务",
    update_cycle="monthly",
)


def play_hosting(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """An entry of a district, handed to the platform, with rows and a few edits, one of them undone."""
    if Agreement.objects.exists():
        return
    unit, officer = cast.units[DISTRICT], cast.actors["bureau"]
    steward = steward_of(unit, now())
    entry = create_entry(actor=steward, now=now(), unit=unit, data=DATA, items=ITEMS)
    entry = submit_entry(actor=steward, now=now(), entry=entry)
    entry = publish_entry(actor=officer, now=now(), entry=entry)
    asked = AgreementData(
        reason="本区无驿站管理业务系统，名录以表格维护，申请由平台统一存储、治理和共享",
        works=(Work.STORAGE, Work.CLEANING, Work.SERVING),
        term_until=today() + timedelta(days=730),
        keep_months=6,
    )
    agreement = draft_agreement(actor=steward, now=now(), entry=entry, data=asked)
    agreement = propose_agreement(actor=steward, now=now(), agreement=agreement)
    agreement = accept_agreement(actor=officer, now=now(), agreement=agreement)
    names = [item.name for item in ITEMS]
    for values in ROWS:
        add_row(actor=steward, now=now(), agreement=agreement, values=dict(zip(names, values, strict=True)))
    edit(steward, agreement, "LX-002", seats="14")
    undo_change(actor=steward, now=now(), change=edit(steward, agreement, "LX-004", name="解放路驿站"))
    edit(officer, agreement, "LX-003", street="大明湖街道办事处")
    say(f"a district's table is hosted: {len(ROWS)} rows, {Change.objects.count()} changes in its history")


def edit(actor: Actor, agreement: Agreement, station: str, **values: str) -> Change:
    """Change some values of a row."""
    row = read_row(agreement, {"station_no": station})
    if row is None:
        raise SystemExit(f"The row {station} is not there.")
    return edit_row(
        actor=actor, now=now(), agreement=agreement, key=row.key, base=row.base, values={**row.values, **values}
    )
