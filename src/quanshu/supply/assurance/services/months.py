"""Figures of a month, kept when it is over."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from quanshu.kernel.clock import CITY_TZ
from quanshu.organisation.api import Unit
from quanshu.supply.assurance.models import MonthFigure
from quanshu.supply.assurance.queries.months import compute_month, first_of


@transaction.atomic
def keep_month(now: datetime, month: date | None = None) -> int:
    """Keep the figures of a month that is over, by default the last one; kept ones stay. Returns lines kept."""
    today = now.astimezone(CITY_TZ).date()
    month = month or first_of(first_of(today) - timedelta(days=1))
    if month >= first_of(today) or MonthFigure.objects.filter(month=month).exists():
        return 0
    rows = compute_month(month)
    units = dict(Unit.objects.values_list("uid", "pk"))
    MonthFigure.objects.bulk_create(
        MonthFigure(
            month=row.month,
            kind=row.kind,
            subject=row.subject,
            name=row.name[:200],
            unit_id=units.get(row.unit_uid),
            tested=row.tested,
            passed=row.passed,
            excepted=row.excepted,
            corrected=row.corrected,
            on_time=row.on_time,
            days=row.days,
        )
        for row in rows
    )
    return len(rows)
