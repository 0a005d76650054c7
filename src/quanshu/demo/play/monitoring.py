"""Monitoring: live samples, service levels, a roster, one alert fired and acknowledged, a silence."""

from __future__ import annotations

import time
from datetime import timedelta

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now
from quanshu.organisation.api import Account
from quanshu.oversight.monitoring.api import (
    Alert,
    AlertRule,
    AlertState,
    Sample,
    Shift,
    Silence,
    SilenceData,
    acknowledge_alert,
    count_levels,
    make_silence,
    plan_shift,
    take_samples,
    watch,
)
from quanshu.supply.catalogue.api import Entry

Key = tuple[str, str]
TURN = timedelta(hours=12)
LONGEST = 65
NOTE = "已联系供数单位核对数据质量，整改中。"


def play_monitoring(cast: Cast, entries: dict[Key, Entry], say: Say) -> None:
    """Look at the city as it is: what the story has left broken fires by itself."""
    plan_roster(cast)
    take_samples(now())
    count_levels(now())
    look()
    officer = cast.actors["bureau"]
    found = Alert.objects.filter(state=AlertState.FIRING).exclude(severity="info").select_related("rule").first()
    if found is not None and not Alert.objects.filter(acknowledged_at__isnull=False).exists():
        acknowledge_alert(actor=officer, now=now(), alert=found, text=NOTE)
    rule = AlertRule.objects.filter(code="expiry.grant").first()
    if rule is not None and not Silence.objects.exists():
        until = now() + timedelta(days=7)
        data = SilenceData(until=until, reason="年度授权集中续期，一周内统一办理。", rule_uid=rule.uid)
        make_silence(actor=officer, now=now(), data=data)
    fired = Alert.objects.filter(first_fired_at__isnull=False).count()
    say(f"monitoring: {Sample.objects.count()} samples, {fired} alerts have fired, a duty roster for three days")


def look() -> None:
    """Wait until the worker has looked at all rules: what the story has left broken fires within a minute."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until and not AlertRule.objects.exists():
        time.sleep(1)
    watch(now(), "demo")
    while time.monotonic() < until and not Alert.objects.filter(first_fired_at__isnull=False).exists():
        time.sleep(1)


def plan_roster(cast: Cast) -> None:
    """Two people of the bureau take turns for three days."""
    if Shift.objects.exists():
        return
    accounts = [Account.objects.select_related("person").get(uid=cast.actors[who].uid) for who in ("bureau", "admin")]
    start = now().replace(minute=0, second=0, microsecond=0)
    for turn in range(6):
        begin = start + turn * TURN
        plan_shift(
            actor=cast.actors["bureau"],
            now=now(),
            unit=None,
            account=accounts[turn % 2],
            starts_at=begin,
            ends_at=begin + TURN,
        )
