"""Public-service companies: what is listed, and how coordination goes on."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import iso_day
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.kernel.identifiers import BadIdentifier, Uscc
from quanshu.organisation.api import UnitKind
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.inventory.events import InventoryEvent as E
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.rules.assets import text_faults
from quanshu.supply.inventory.types import CompanyData, Delisted, NotConnected, RecordData, Sector, WrongStage
from quanshu.supply.inventory.types import Stage as S

COMPANY_MACHINE = Machine(
    name="inventory.company",
    states=S,
    transitions=(
        Transition("contact", frozenset({S.LISTED}), S.CONTACTED, P.COMPANY_EDIT, E.CONTACTED, label=N_("Contacted")),
        Transition(
            "agree", frozenset({S.CONTACTED}), S.AGREED, P.COMPANY_EDIT, E.AGREED, label=N_("Agreement reached")
        ),
        Transition("connect", frozenset({S.AGREED}), S.CONNECTED, P.COMPANY_EDIT, E.CONNECTED, label=N_("Connected")),
    ),
)


def check_company(data: CompanyData, *, unit_kind: str) -> None:
    """Name, sector and code fit; the unit, where one is named, is of the kind public-service company.

    Raises FieldErrors.
    """
    faults = []
    if not data.name.strip():
        faults.append(FieldError("name", N_("The name is missing."), N_("Enter its official name.")))
    for name, longest in (("name", 100), ("name_en", 150), ("note", 2000)):
        faults += text_faults(name, getattr(data, name), longest)
    if data.sector not in set(Sector):
        fault, remedy = N_("“%(value)s” is not one of the values."), N_("Choose one of the list.")
        faults.append(FieldError("sector", fault, remedy, {"value": data.sector}))
    if data.code:
        try:
            Uscc.parse(data.code)
        except BadIdentifier:
            fault = N_("This is not a unified social credit code.")
            faults.append(FieldError("code", fault, N_("Check its 18 characters, or leave it empty.")))
    if data.unit_uid and unit_kind != UnitKind.COMPANY:
        fault = N_("The unit is not a public-service company.")
        faults.append(FieldError("unit_uid", fault, N_("Choose a unit of that kind, or register one.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_listed(*, delisted: bool, name: str) -> None:
    """Raises `inventory.delisted`."""
    if delisted:
        raise Delisted(name=name)


def check_record(data: RecordData, *, today: date) -> None:
    """A record names the day (not to come), the people, the matter and its outcome; a next step has a due day.

    Raises FieldErrors.
    """
    faults = []
    day = iso_day(data.day)
    if day is None or day > today:
        faults.append(FieldError("day", N_("The day does not fit."), N_("Enter the day it took place.")))
    for name in ("people", "matter", "outcome"):
        text = getattr(data, name)
        if not text.strip():
            faults.append(FieldError(name, N_("This must not be empty."), N_("Fill it in.")))
        faults += text_faults(name, text, 1000)
    faults += text_faults("next_step", data.next_step, 500)
    due = iso_day(data.next_due)
    if data.next_step.strip() and (due is None or (day is not None and due < day)):
        remedy = N_("Enter the day by which the next step is done, not before the meeting.")
        faults.append(FieldError("next_due", N_("The next step has no due day."), remedy))
    if data.next_due and not data.next_step.strip():
        fault = N_("There is a due day and no next step.")
        faults.append(FieldError("next_step", fault, N_("Say what is to be done next.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_stage(before: str, after: str) -> str:
    """The event of the step that leads from one stage to the next. Raises `inventory.wrong_stage`."""
    for transition in COMPANY_MACHINE.allowed(before):
        if transition.target == after:
            return transition.event
    raise WrongStage


def check_connect(*, after: str, sources: int) -> None:
    """Connected is a company whose unit has a source of data. Raises `inventory.not_connected`."""
    if after == S.CONNECTED and not sources:
        raise NotConnected
