"""Exceptions from landing: one the bureau agreed to, one that waits, and one it refused."""

from __future__ import annotations

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now
from quanshu.supply.catalogue.api import (
    Entry,
    EntryData,
    ItemData,
    create_entry,
    grade_items,
    publish_entry,
    submit_entry,
)
from quanshu.supply.landing.api import decide_exception, list_exceptions

ITEMS = (
    ItemData("case_no", "案事件编号", title_en="Case number", length=30, is_key=True),
    ItemData("filed_on", "登记日期", data_type="date", title_en="Filed on"),
    ItemData("summary", "简要情况", title_en="Summary", length=500, mask="full"),
)
GRADES = {"case_no": "general-3", "filed_on": "general-2", "summary": "general-4"}
# Source, name, English name, reason, and the bureau's answer: agreed, waiting, or refused with a reason.
CASES = (
    (
        "public_security",
        "涉案线索核查信息",
        "Leads under investigation",
        "涉及侦查秘密，依照刑事诉讼法不得离开公安专网",
        True,
        "同意，每年复核一次",
    ),
    ("civil_affairs", "未成年人收养评估信息", "Adoption assessments", "涉及未成年人隐私，拟留存本单位", None, ""),
    (
        "market_regulation",
        "投诉举报登记信息",
        "Complaints and reports",
        "举报人信息敏感，拟不落地",
        False,
        "举报人字段可脱敏后落地，不属于特别敏感数据",
    ),
)


def play_landing(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """Three entries whose units would keep the data, and the bureau's answers."""
    officer = cast.actors["bureau"]
    if list_exceptions(officer).exists():
        return
    filed = {key[0]: entry for key, entry in entries.items()}
    for source, name, name_en, reason, agreed, answer in CASES:
        beside, steward = filed[source], cast.stewards[source]
        data = EntryData(
            resource_name=name,
            name_en=name_en,
            classification_code=beside.classification.code,
            abstract=f"{name}，由业务系统在履职过程中形成",
            share_condition="仅限法定职责使用，逐案审批",
            sensitive_reason=reason,
        )
        entry = create_entry(actor=steward, now=now(), unit=beside.unit, data=data, items=ITEMS)
        grade_items(actor=steward, now=now(), entry=entry, grades=GRADES)
        submit_entry(actor=steward, now=now(), entry=entry)
        publish_entry(actor=officer, now=now(), entry=entry)
        if agreed is not None:
            asked = list_exceptions(officer).get(entry=entry)
            decide_exception(actor=officer, now=now(), exception=asked, agreed=agreed, answer=answer)
    say(f"{len(CASES)} exceptions from landing: one agreed, one refused, one waiting")
