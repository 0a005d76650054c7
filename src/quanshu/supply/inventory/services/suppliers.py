"""Public-service companies: listed by the bureau, coordinated with, connected."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import iso_day
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.shared.workflow.api import check_reason
from quanshu.supply.intake.api import Source
from quanshu.supply.inventory import rules
from quanshu.supply.inventory.events import InventoryEvent
from quanshu.supply.inventory.models import Company, Coordination
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.services.noting import note
from quanshu.supply.inventory.types import CompanyData, NotDelisted, RecordData

NEXT = "inventory.next_step"
KIND = "inventory.company"


def _fill(company: Company, data: CompanyData) -> None:
    """Check what was entered and put it on the row. Raises FieldErrors."""
    unit = Unit.objects.filter(uid=data.unit_uid).first() if data.unit_uid else None
    rules.check_company(data, unit_kind=unit.kind if unit else "")
    others = Company.objects.exclude(pk=company.pk)
    code = data.code.strip().upper() or (unit.code if unit else "")
    taken = (
        ("name", others.filter(name=data.name.strip())),
        ("code", others.filter(code=code) if code else others.none()),
        ("unit_uid", others.filter(unit=unit) if unit else others.none()),
    )
    fault, remedy = N_("Another listed company has this."), N_("Open that company and change it there.")
    faults = [FieldError(name, fault, remedy) for name, rows in taken if rows.exists()]
    if faults:
        raise FieldErrors(errors=tuple(faults))
    company.name, company.name_en, company.sector = data.name.strip(), data.name_en.strip(), data.sector
    company.code, company.unit, company.note = code, unit, data.note.strip()
    company.save()


def locked(company: Company) -> Company:
    """The row as it is now, held until the transaction ends."""
    return Company.objects.select_for_update(of=("self",)).select_related("unit").get(pk=company.pk)


@transaction.atomic
def list_company(*, actor: Actor, now: datetime, data: CompanyData) -> Company:
    """Put a company on the official list. Raises Forbidden, FieldErrors."""
    company = Company(listed_at=now, listed_by=actor.name)
    require(actor, P.COMPANY_EDIT, company)
    _fill(company, data)
    note(InventoryEvent.COMPANY_LISTED, company, actor=actor, now=now, details={"sector": company.sector})
    return company


@transaction.atomic
def change_company(*, actor: Actor, now: datetime, company: Company, data: CompanyData) -> Company:
    """Change what the list says of a company. Raises Forbidden, FieldErrors, `inventory.delisted`."""
    company = locked(company)
    require(actor, P.COMPANY_EDIT, company)
    rules.check_listed(delisted=company.delisted_at is not None, name=company.name)
    _fill(company, data)
    note(InventoryEvent.COMPANY_CHANGED, company, actor=actor, now=now, details={"sector": company.sector})
    return company


@transaction.atomic
def delist_company(*, actor: Actor, now: datetime, company: Company, reason: str) -> Company:
    """Take a company off the list with the reason; its records stay. Raises Forbidden, FieldErrors,
    `inventory.delisted`."""
    company = locked(company)
    require(actor, P.COMPANY_EDIT, company)
    rules.check_listed(delisted=company.delisted_at is not None, name=company.name)
    check_reason(reason)
    company.delisted_at, company.delisted_reason = now, reason.strip()
    company.save()
    _end_next(company, now)
    note(InventoryEvent.COMPANY_DELISTED, company, actor=actor, now=now, details={"reason": company.delisted_reason})
    return company


@transaction.atomic
def relist_company(*, actor: Actor, now: datetime, company: Company) -> Company:
    """Put a company on the list again. Raises Forbidden, `inventory.not_delisted`."""
    company = locked(company)
    require(actor, P.COMPANY_EDIT, company)
    if company.delisted_at is None:
        raise NotDelisted(name=company.name)
    company.delisted_at, company.delisted_reason = None, ""
    company.save()
    note(InventoryEvent.COMPANY_RELISTED, company, actor=actor, now=now)
    return company


def _end_next(company: Company, now: datetime) -> None:
    """The next step of earlier records waits no more."""
    company.records.filter(done_at__isnull=True).update(done_at=now)
    workflow.close_todo(kind=NEXT, subject_kind=KIND, subject_uid=company.uid, now=now)


@transaction.atomic
def record_coordination(*, actor: Actor, now: datetime, company: Company, data: RecordData) -> Coordination:
    """File a coordination record; it ends the next step of the one before, and may take the company one stage on.

    Raises Forbidden, FieldErrors, `inventory.delisted`, `inventory.wrong_stage`, `inventory.not_connected`.
    """
    company = locked(company)
    require(actor, P.COMPANY_EDIT, company)
    rules.check_listed(delisted=company.delisted_at is not None, name=company.name)
    rules.check_record(data, today=workflow.city_day(now))
    _end_next(company, now)
    record = Coordination.objects.create(
        company=company,
        day=date.fromisoformat(data.day),
        people=data.people.strip(),
        matter=data.matter.strip(),
        outcome=data.outcome.strip(),
        stage=data.stage,
        next_step=data.next_step.strip(),
        next_due=iso_day(data.next_due) if data.next_due else None,
        done_at=None if data.next_step.strip() else now,
        created_at=now,
        created_by=actor.name,
    )
    if record.next_due:
        workflow.open_todo(
            kind=NEXT,
            subject_kind=KIND,
            subject_uid=company.uid,
            title=f"{company.name}：{record.next_step}",
            url=company.get_absolute_url(),
            permission=P.COMPANY_EDIT,
            unit_path="/",
            due_on=record.next_due,
            now=now,
        )
    details = {"day": data.day, "stage": data.stage, "record": record.uid}
    note(InventoryEvent.COORDINATED, company, actor=actor, now=now, details=details)
    if data.stage:
        event = InventoryEvent(rules.check_stage(company.stage, data.stage))
        sources = Source.objects.filter(entry__unit=company.unit, active=True).count() if company.unit else 0
        rules.check_connect(after=data.stage, sources=sources)
        company.stage = data.stage
        company.save()
        note(event, company, actor=actor, now=now)
    return record
