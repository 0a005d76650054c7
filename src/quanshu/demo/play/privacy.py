"""Privacy: rules in force and one that waits, a run and its certificate, one impact record approved, others lacking."""

from __future__ import annotations

from dataclasses import replace

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now
from quanshu.organisation.api import Unit
from quanshu.oversight.privacy.api import (
    ErasureRun,
    RecordData,
    RetentionRule,
    RuleData,
    RuleState,
    Standing,
    approve_record,
    approve_rule,
    draft_record,
    preview,
    propose_rule,
    sensitive_in,
    stand_of,
    stands,
    start_run,
    submit_record,
)
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.holdings import find_holding
from quanshu.sharing.services.api import Service

# Holding, days, basis, whether the police proposes it for itself, whether it is approved.
RULES = (
    ("intake.refused", 180, "《济南市公共数据管理办法》第二十条：拒收数据不超过半年", False, True),
    ("intake.refused", 90, "公安机关数据归档范围表：错误数据核实后九十日内清除", True, True),
    ("notify.notices", 730, "市大数据局文件材料归档范围表：一般通知保存两年", False, True),
    ("organisation.sessions", 30, "《网络安全法》第二十一条：登录日志另存六个月，会话数据无需长期保存", False, True),
    ("files.unused", 365, "市大数据局数据归档范围表：上传原件保存一年", False, False),
)
RECORD = RecordData(
    purpose="为政务服务事项核验户籍人口信息，依据《个人信息保护法》第十三条第一款第三项（履行法定职责所必需）。",
    manner="受理单位的应用按公民身份号码逐条查询，平台只返回脱敏后的字段；查询留有回执，受理单位不得转存。",
    necessity="办件只需确认身份和所在街道；不返回完整姓名、出生日期和住址，已是能办成事的最小范围。",
    influence="一旦泄露，当事人可能受到骚扰或身份被冒用；单次查询只涉及一人，影响可控。",
    risks="应用密钥被盗用后批量枚举身份号码；工作人员超出办件需要查询。",
    risk_level="medium",
    measures="字段脱敏，按分钟和按日限流，逐次签名并留痕，授权到期自动失效，查询结果不落地。",
    measures_fit="措施符合《数据安全法》和本市分级要求；限流、枚举告警经演练有效；与中等风险相称，不影响正常办件。",
)


def play_privacy(cast: Cast, say: Say) -> None:
    """Rules and records, made once; told again each time."""
    if not RetentionRule.objects.exists():
        make_rules(cast)
        renew_one(cast)
    rule = RetentionRule.objects.filter(state=RuleState.IN_FORCE, unit=None).order_by("pk").first()
    holding = find_holding(rule.holding) if rule else None
    if rule is None or holding is None:
        return
    seen = preview(holding=holding, unit_path="", keep_days=rule.keep_days, now=now())
    if not ErasureRun.objects.exists():
        start_run(actor=cast.actors["bureau"], now=now(), rule=rule)
    found = stands(SYSTEM, now()).values()
    lacking = sum(row.standing != Standing.IN_ORDER for row in found)
    in_force = RetentionRule.objects.filter(state=RuleState.IN_FORCE).count()
    say(
        f"privacy: {in_force} rules of retention in force, {seen.due.count} loads' refused rows due; "
        f"{len(found)} sensitive services, {lacking} whose impact record does not speak of every purpose"
    )


def make_rules(cast: Cast) -> None:
    """Proposed by the bureau or the police, decided by somebody else."""
    police = Unit.objects.filter(path=cast.actors["steward"].unit_path).first()
    for holding, days, basis, own, approved in RULES:
        proposer, decider = ("steward", "bureau") if own else ("bureau", "admin")
        data = RuleData(holding, days, basis)
        unit = police if own else None
        rule = propose_rule(actor=cast.actors[proposer], now=now(), data=data, unit=unit)
        if approved:
            approve_rule(actor=cast.actors[decider], now=now(), rule=rule)


def assess(cast: Cast, service: Service) -> None:
    """The record of a sensitive service, by its supplying unit and approved by the bureau: what has none is not
    published."""
    standing = stand_of(service, now()).standing if sensitive_in(service) else Standing.IN_ORDER
    if standing in {Standing.LACKING, Standing.OUTDATED}:
        drafter = replace(cast.actors["steward"], unit_uid=service.unit.uid, unit_path=service.unit.path)
        record = draft_record(actor=drafter, now=now(), service=service, data=RECORD)
        record = submit_record(actor=drafter, now=now(), record=record)
        approve_record(actor=cast.actors["bureau"], now=now(), record=record)


def renew_one(cast: Cast) -> None:
    """The police renews the record of one service, whose grants name purposes that it did not know."""
    steward = cast.actors["steward"]
    for row in stands(steward, now()).values():
        if row.service.unit.path == steward.unit_path and row.standing == Standing.OUTDATED:
            assess(cast, row.service)
            return
