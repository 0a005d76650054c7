"""Demands in depth: a meeting, a negotiation that the bureau decided, a grant nobody uses, a rating."""

from __future__ import annotations

from datetime import datetime, timedelta

from quanshu.demo.play.people import Cast
from quanshu.demo.play.sharing import Key, demand_data
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now, today
from quanshu.sharing.demands.api import (
    Demand,
    DemandState,
    Proposal,
    RatingData,
    answer_rating,
    check_demand,
    confirm_demand,
    contest_demand,
    create_demand,
    decline_terms,
    detect_unused,
    overrule_refusal,
    propose_meeting,
    propose_terms,
    rate_demand,
    record_meeting,
    refuse_demand,
    sign_meeting,
    submit_demand,
)
from quanshu.sharing.services.api import Consumer
from quanshu.supply.catalogue.api import Entry

BASIS = "《优化营商环境条例》第三十七条"


def play_demands(cast: Cast, entries: dict[Key, Entry], consumer: Consumer, say: Say) -> None:
    """What demands can become besides a plain grant. Safe to run again."""
    meet(cast)
    negotiate(cast, entries["natural_resources", "property"], consumer)
    leave_unused(cast, entries["health", "death"], consumer)
    rate(cast, consumer)
    say("demands: one met about and signed, one negotiated and decided, one unused grant, one rated")


def meet(cast: Cast) -> None:
    """A meeting with minutes that both sides have signed."""
    demand = Demand.objects.filter(title="遗属待遇核发所需婚姻登记信息", state=DemandState.CONFIRMING).first()
    if demand is None or demand.meetings.exists():
        return
    supplier, asker = cast.stewards["civil_affairs"], cast.stewards["human_resources"]
    meeting = propose_meeting(
        actor=supplier,
        now=now(),
        demand=demand,
        planned_on=today(),
        reason="商定遗属待遇核发所需字段与调用时段",
        place="市民政局三楼会议室",
        attendees="市民政局、市人社局、市大数据局",
    )
    meeting = record_meeting(
        actor=asker,
        now=now(),
        demand=demand,
        held_on=today(),
        minutes="双方逐项核对字段，确认仅用于遗属待遇核发。",
        conclusions=("仅查询申请人本人及其配偶的登记状态", "工作日 8:30 至 17:30 调用"),
        meeting=meeting,
    )
    for actor in (asker, supplier):
        sign_meeting(actor=actor, now=now(), demand=demand, meeting=meeting)


def asked(cast: Cast, entry: Entry, consumer: Consumer, title: str, fields: str, at: datetime) -> Demand | None:
    """A demand passed to the supplier; None when an earlier run wrote it."""
    if Demand.objects.filter(title=title).exists():
        return None
    data = demand_data(title, fields, "核对业务申请材料，减少群众提交证明。", BASIS)
    developer = cast.actors["developer"]
    demand = create_demand(actor=developer, now=at, entry=entry, consumer=consumer, data=data)
    demand = submit_demand(actor=developer, now=at, demand=demand)
    return check_demand(actor=cast.actors["bureau"], now=at, demand=demand)


def negotiate(cast: Cast, entry: Entry, consumer: Consumer) -> None:
    """Refused, fewer fields offered, declined, put before the bureau, decided."""
    fields = "certificate_no owner_name area_m2 use_code"
    demand = asked(cast, entry, consumer, "社保补贴核验所需不动产登记信息", fields, now())
    if demand is None:
        return
    supplier, asker = cast.stewards["natural_resources"], cast.stewards["human_resources"]
    demand = refuse_demand(actor=supplier, now=now(), demand=demand, reason="面积和用途与社保补贴核验无直接关系。")
    offer = Proposal(("certificate_no", "owner_name"), 60, 1000, "姓名脱敏，仅保留姓氏")
    demand = propose_terms(actor=asker, now=now(), demand=demand, proposal=offer)
    demand = decline_terms(actor=supplier, now=now(), demand=demand, reason="建议改用核验类服务。")
    demand = contest_demand(actor=asker, now=now(), demand=demand, reason="补贴办法规定须核对权属证号。")
    overrule_refusal(
        actor=cast.actors["bureau"],
        now=now(),
        demand=demand,
        reason="办法第九条明确须核对不动产权证号，予以共享；面积和用途仅限在补贴核验中使用。",
    )


def leave_unused(cast: Cast, entry: Entry, consumer: Consumer) -> None:
    """A grant of forty days ago that was never called: the detector proposes to end it."""
    then = now() - timedelta(days=40)
    demand = asked(cast, entry, consumer, "丧葬补助金核发所需死亡医学证明信息", "death_date place_code", then)
    if demand is None:
        return
    confirm_demand(actor=cast.stewards["health"], now=then, demand=demand)
    detect_unused(now=now())


def rate(cast: Cast, consumer: Consumer) -> None:
    """The demand that was called is rated, and the supplier answers."""
    demand = Demand.objects.filter(title="养老待遇资格认证所需户籍状态信息", rating__isnull=True).first()
    if demand is None or demand.state != DemandState.IN_USE:
        return
    data = RatingData(5, "养老待遇资格静默认证", "退休人员免于上门认证", "数据准确，响应及时。")
    rate_demand(actor=cast.stewards["human_resources"], now=now(), demand=demand, data=data)
    answer_rating(actor=cast.actors["steward"], now=now(), demand=demand, reply="感谢评价，将持续保障数据质量。")
