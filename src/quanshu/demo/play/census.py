"""A data census: one campaign under way, its units at different stages."""

from __future__ import annotations

from datetime import timedelta

from quanshu.demo.play.people import Cast, duty_holder
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now, today
from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.census.api import (
    Answered,
    Campaign,
    CampaignData,
    Coverage,
    Filing,
    FindingData,
    Question,
    QuestionKind,
    Verdict,
    accept_filing,
    add_finding,
    answer_questions,
    ask_extension,
    confirm_entries,
    create_campaign,
    open_campaign,
    sign_filing,
    submit_filing,
)

# How far each supplier has come.
ACCEPTED, SIGNED, SUBMITTED, FILLING = "public_security", "civil_affairs", "market_regulation", "human_resources"
QUESTIONS = (
    Question("本单位在用业务系统数量", QuestionKind.NUMBER, required=True),
    Question("是否建立数据资源更新责任制", QuestionKind.YES_NO, required=True),
    Question("业务数据主要存放方式", QuestionKind.CHOICE, ("政务云", "自建机房", "上级集中")),
)
ANSWERS = {"1": "3", "2": "yes", "3": "政务云"}
FOUND = FindingData(
    name="流动人口居住登记",
    system="社区警务系统",
    volume="约 12 万条",
    update_cycle="daily",
    reason="系统今年新建，尚未编目",
    personal=True,
    classification_code="101001",
)


def fill(actor: Actor, filing: Filing, *, most: int | None = None) -> None:
    """Answer entries; the first changed, the rest still true."""
    entries = list(filing.confirmations.select_related("entry"))[:most]
    verdicts = {row.entry.uid: Answered(Verdict.TRUE) for row in entries}
    verdicts[entries[0].entry.uid] = Answered(Verdict.CHANGED, "更新周期已调整，需修订目录")
    confirm_entries(actor=actor, now=now(), filing=filing, verdicts=verdicts)


def play_census(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """A campaign over departments and public-service companies, opened, with filings at every stage."""
    if Campaign.objects.exists():
        return
    officer, day = cast.actors["bureau"], today()
    data = CampaignData(
        title=f"{day.year} 年公共数据资源普查",
        purpose="摸清各单位数据资源底数，核实目录与实际是否一致，发现尚未编目的数据",
        starts_on=day,
        ends_on=day + timedelta(days=20),
        coverage=Coverage(kinds=("department", "public_service_company")),
        questions=QUESTIONS,
    )
    campaign = open_campaign(actor=officer, now=now(), campaign=create_campaign(actor=officer, now=now(), data=data))
    for name in (ACCEPTED, SIGNED, SUBMITTED, FILLING):
        filing = Filing.objects.filter(campaign=campaign, unit=cast.units[name]).first()
        if filing is None or not filing.confirmations.exists():
            continue
        play_filing(cast, filing, name)
    waiting = Filing.objects.filter(campaign=campaign, unit=cast.units["water_company"]).first()
    if waiting is not None:
        until = waiting.due_on + timedelta(days=5)
        reason = "营销系统正在升级，数据资源清单需重新核对"
        ask_extension(actor=cast.stewards["water_company"], now=now(), filing=waiting, until=until, reason=reason)
    say(f"a data census asks {campaign.filings.count()} units; filings at every stage")


def play_filing(cast: Cast, filing: Filing, name: str) -> None:
    """One unit, as far as it has come."""
    steward, officer = cast.stewards[name], cast.actors["bureau"]
    if name == FILLING:
        fill(steward, filing, most=1)
        return
    fill(steward, filing)
    answer_questions(actor=steward, now=now(), filing=filing, answers=ANSWERS)
    if name == ACCEPTED:
        add_finding(actor=steward, now=now(), filing=filing, data=FOUND)
    filing = submit_filing(actor=steward, now=now(), filing=filing)
    if name == SUBMITTED:
        return
    chief = duty_holder(filing.unit, "chief", now())
    filing = sign_filing(actor=chief, now=now(), filing=filing)
    if name == ACCEPTED:
        accept_filing(actor=officer, now=now(), filing=filing)
