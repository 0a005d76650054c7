"""Bulk reads and deliveries: what the rooms of bulk sharing contribute to the stages, and what is checked of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_

from quanshu.oversight.monitoring.models import AlertRule
from quanshu.oversight.monitoring.queries.checks import LEAST_BROKEN, RECENT, age, check
from quanshu.oversight.monitoring.queries.measures import Measure, counted, register_measures, waiting
from quanshu.oversight.monitoring.queries.rooms import late_calls, took
from quanshu.oversight.monitoring.types import Finding, Point, Stage
from quanshu.sharing.bulk.api import BulkGrant
from quanshu.sharing.delivery.api import UNFINISHED, Batch
from quanshu.sharing.services.api import Exchange

BULK = "bulk:"
PROVIDER, RECEIVER = "delivery__grant__entry__unit__path", "delivery__grant__consumer__unit__path"


def bulk_reads() -> QuerySet[Exchange]:
    """Receipts of bulk reads under a grant, with the grant's provider: path of its unit."""
    grants = BulkGrant.objects.filter(uid=OuterRef("grant_uid"))
    provider = Subquery(grants.values("entry__unit__path")[:1])
    rows = Exchange.objects.by_people().filter(sid__startswith=BULK, grant_uid__gt="")
    return rows.annotate(provider_path=provider)


def ended_batches() -> QuerySet[Batch]:
    """Batches of deliveries that have been delivered, had nothing to deliver, or failed."""
    return Batch.objects.filter(state__in=["done", "empty", "failed"])


def reads(start: datetime, end: datetime) -> list[Point]:
    """Bulk reads of the units' tables; rows told, time of the answer."""
    return counted(
        bulk_reads(), start, end, at="at", unit="provider_path", subject="sid",
        failed=Q(status__gte=400), amount="rows", wait="duration_us", scale=1e-6,
    )  # fmt: skip


def reads_by_users(start: datetime, end: datetime) -> list[Point]:
    """Bulk reads made by units, by the purpose their grant names."""
    rows = bulk_reads().filter(consumer__isnull=False)
    unit = "consumer__unit__path"
    return counted(rows, start, end, at="at", unit=unit, subject="purpose", failed=Q(status__gte=400), amount="rows")


def deliveries(start: datetime, end: datetime) -> list[Point]:
    """Batches delivered of the units' tables; rows, failed those that ended with an error."""
    rows, failed = ended_batches(), Q(state="failed")
    return counted(
        rows, start, end, at="ended_at", unit=PROVIDER, subject="delivery__name", failed=failed, amount="rows"
    )


def deliveries_received(start: datetime, end: datetime) -> list[Point]:
    """Batches delivered to units, by purpose; time from being asked for to the end."""
    return counted(
        ended_batches(), start, end, at="ended_at", unit=RECEIVER, subject="delivery__grant__purpose",
        failed=Q(state="failed"), amount="rows", wait=took("ended_at", "asked_at"),
    )  # fmt: skip


def deliveries_waiting(now: datetime) -> list[Point]:
    """Batches queued or under way."""
    return waiting(Batch.objects.filter(state__in=UNFINISHED), now, unit=PROVIDER, since="asked_at")


def views_behind(now: datetime) -> list[Point]:
    """Views of bulk grants that do not show their source's newest data yet."""
    rows = BulkGrant.objects.filter(state="active", stale_since__isnull=False)
    return waiting(rows, now, unit="entry__unit__path", since="stale_since")


def register_bulk() -> None:
    """The measures of bulk reads and deliveries."""
    t, u = Stage.TRANSFER, Stage.USE
    rows, items = _("rows"), _("results")
    register_measures(
        Measure("transfer.bulk", t, _("Bulk reads"), rows, reads, touched=late_calls),
        Measure("transfer.deliveries", t, _("Batches delivered"), rows, deliveries),
        Measure("transfer.deliveries_waiting", t, _("Deliveries under way"), items, level=deliveries_waiting),
        Measure("transfer.views_behind", t, _("Bulk views behind their source"), items, level=views_behind),
        Measure("use.bulk", u, _("Bulk reads by units"), rows, reads_by_users, touched=late_calls),
        Measure("use.deliveries", u, _("Batches received by units"), rows, deliveries_received),
    )


@check("bulk.errors")
def bulk_errors(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    bad = Q(status__gte=500)
    rows: Any = bulk_reads().filter(at__gte=now - RECENT).order_by()
    told = rows.values("sid", "grant_uid", "provider_path")
    for row in told.annotate(n=Count("pk"), broken=Count("pk", filter=bad), first=Min("at", filter=bad)):
        share = row["broken"] / row["n"]
        if row["broken"] >= LEAST_BROKEN and share > rule.threshold:
            url = grant_url(row["grant_uid"])
            yield Finding(row["grant_uid"], share, row["sid"], row["provider_path"] or "", url, row["first"])


def grant_url(uid: str) -> str:
    """The page of a bulk grant."""
    grant = BulkGrant.objects.filter(uid=uid).first()
    return grant.get_absolute_url() if grant is not None else ""


@check("bulk.behind", seldom=True)
def bulk_behind(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    rows = BulkGrant.objects.filter(state="active", valid_until__gt=now, stale_since__isnull=False)
    for grant in rows.select_related("entry__unit", "consumer"):
        lag = age(grant.stale_since, now)
        if lag > rule.threshold:
            text = N_("The latest refresh ended with “%(code)s”.") if grant.fault else ""
            params = {"code": grant.fault} if grant.fault else {}
            url, path = grant.get_absolute_url(), grant.entry.unit.path
            yield Finding(grant.uid, lag, str(grant)[:200], path, url, grant.stale_since, text, params)


@check("delivery.failing", seldom=True)
def delivery_failing(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    ended = ended_batches().filter(delivery=OuterRef("delivery")).order_by("-ended_at", "-id")
    last = Batch.objects.filter(delivery__state="active", state="failed", pk=Subquery(ended.values("pk")[:1]))
    for batch in last.select_related("delivery__grant__entry__unit"):
        failed = []
        for row in ended_batches().filter(delivery=batch.delivery).order_by("-ended_at", "-id")[:50]:
            if row.state != "failed":
                break
            failed.append(row)
        if len(failed) >= rule.threshold:
            delivery, code = batch.delivery, str((batch.error or {}).get("code", ""))
            yield Finding(
                delivery.uid,
                len(failed),
                delivery.name,
                delivery.grant.entry.unit.path,
                delivery.get_absolute_url(),
                failed[-1].ended_at,
                N_("The latest batch failed with “%(code)s”."),
                {"code": code},
            )
