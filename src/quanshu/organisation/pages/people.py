"""People, their accounts and roles; programs of a unit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation import queries, services
from quanshu.organisation.models import Account, Person, ServiceAccount, Unit
from quanshu.organisation.permissions import OrganisationPermission as P
from quanshu.organisation.types import PersonNotFound, ProgramNotFound
from quanshu.shared.access.api import allows, list_roles, require
from quanshu.shared.web.api import Action, ActionPage, Card, Column, DetailPage, Filter, Form, FormPage, ListPage


def url_of(person: Person) -> str:
    """A person's page."""
    return f"/organisation/people/{person.uid}/"


def role_name(code: str) -> str:
    """A role's name in the reader's language."""
    return next((str(role) for role in list_roles() if role.code == code), code)


class People(ListPage):
    """Everybody whom the actor may see."""

    title = gettext_lazy("People")
    permission = P.PERSON_VIEW
    search = ("name", "position", "unit__name", "account__username")
    search_hint = gettext_lazy("Name, position, unit or account")
    order = "name"
    export_name = "people"
    empty_title = gettext_lazy("Nobody yet")
    empty_hint = gettext_lazy("Open a unit and add its people.")
    filters = (
        Filter(
            "active",
            gettext_lazy("In post"),
            choices=[("True", gettext_lazy("Yes")), ("False", gettext_lazy("No"))],
            field="active",
        ),
    )
    columns = (
        Column("name", gettext_lazy("Name"), sort="name", link=url_of),
        Column("position", gettext_lazy("Position"), sort="position"),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name"),
        Column(
            "account",
            gettext_lazy("Account"),
            value=lambda row: getattr(getattr(row, "account", None), "username", ""),
            phone=False,
        ),
    )

    def queryset(self) -> Any:
        return queries.list_people(self.actor)


class PersonPage(DetailPage):
    """A person: account, roles, duties."""

    permission = P.PERSON_VIEW
    audit_kind = "organisation.person"

    def get_object(self, **kwargs: Any) -> Person:
        return queries.get_person(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("People"), "/organisation/people/"), (str(self.object.unit), self.object.unit.get_absolute_url())]

    def state(self, obj: Person) -> tuple[str, str]:
        return (_("In post"), "green") if obj.active else (_("Left"), "secondary")

    def facts(self, obj: Person) -> list[tuple[Any, Any]]:
        return [
            (_("Unit"), str(obj.unit)),
            (_("Position"), obj.position),
            (_("Telephone"), obj.phone),
            (_("E-mail"), obj.email),
        ]

    def actions(self, obj: Person) -> list[Action]:
        if not allows(self.actor, P.PERSON_EDIT, obj):
            return []
        at = url_of(obj)
        leave = Action(_("Has left"), f"{at}active/", style="outline-danger", values={"active": ""})
        if not obj.active:
            leave = Action(_("Is back"), f"{at}active/", style="outline-primary", values={"active": "1"})
        return [Action(_("Edit"), f"{at}edit/", "edit", method="get", style="outline-primary"), leave]

    def cards(self, obj: Person) -> list[Card]:
        account = getattr(obj, "account", None)
        duties = obj.duties.select_related("unit")
        columns = (
            Column("kind", _("Duty"), value=lambda row: row.get_kind_display()),
            Column("unit", _("Unit"), value=lambda row: str(row.unit), link=lambda row: row.unit.get_absolute_url()),
            Column("since", _("Since"), kind="date"),
            Column("until", _("Until"), kind="date"),
        )
        duty_card = Card(_("Duties"), columns=columns, rows=duties, empty_title=_("None"))
        if account is None:
            new = Action(_("Open an account"), f"{url_of(obj)}account/", method="get")
            may = allows(self.actor, P.PERSON_EDIT, obj)
            return [
                Card(_("Account"), note=_("This person cannot sign in yet."), actions=[new] if may else []),
                duty_card,
            ]
        return [self.account_card(obj, account), self.role_card(obj, account), duty_card]

    def account_card(self, obj: Person, account: Account) -> Card:
        locked = account.locked_until is not None and account.locked_until > self.now
        actions = []
        if allows(self.actor, P.PERSON_EDIT, obj):
            ask = _("The present password stops working at once. Go on?")
            actions.append(Action(_("Reset password"), f"{url_of(obj)}reset/", style="outline-danger", confirm=ask))
            if locked:
                actions.append(Action(_("Unlock"), f"{url_of(obj)}unlock/"))
        facts = [
            (_("Account name"), account.username),
            (_("One-time codes"), _("On") if account.has_totp else _("Off")),
            (_("State"), _("Locked") if locked else _("In force")),
        ]
        return Card(_("Account"), facts=facts, actions=actions)

    def role_card(self, obj: Person, account: Account) -> Card:
        columns = (
            Column("role", _("Role"), value=lambda row: role_name(row.role_code)),
            Column("unit", _("Unit"), value=lambda row: str(row.unit)),
            Column("source", _("Source"), value=lambda row: _("Duty") if row.from_duty else _("Given")),
        )
        rows = account.assignments.select_related("unit")
        actions = []
        if allows(self.actor, P.ROLE_ASSIGN, obj.unit):
            actions.append(Action(_("Give a role"), f"{url_of(obj)}roles/", method="get"))
            for row in rows:
                if not row.from_duty:
                    values = {"role": row.role_code, "unit": row.unit.uid}
                    label = _("Take away: %(role)s") % {"role": role_name(row.role_code)}
                    actions.append(Action(label, f"{url_of(obj)}roles/take/", style="outline-danger", values=values))
        return Card(_("Roles"), columns=columns, rows=rows, empty_title=_("No role"), actions=actions)


class PersonForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    position = forms.CharField(label=gettext_lazy("Position"), max_length=100, required=False)
    phone = forms.CharField(label=gettext_lazy("Telephone"), max_length=40, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)


class NewPerson(FormPage):
    """Add a person to a unit."""

    title = gettext_lazy("Add a person")
    permission = P.PERSON_EDIT
    form_class = PersonForm
    success = gettext_lazy("The person is added.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        unit = queries.get_unit(actor=self.actor, uid=kwargs["uid"])
        person = services.create_person(actor=self.actor, unit=unit, now=self.now, **form.cleaned_data)
        return url_of(person)


class Editing(FormPage):
    """A form about one person."""

    permission = P.PERSON_EDIT

    def person(self) -> Person:
        return queries.get_person(actor=self.actor, uid=self.kwargs["uid"])


class EditPerson(Editing):
    """Change a person's entry."""

    title = gettext_lazy("Edit the person")
    form_class = PersonForm

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        person = self.person()
        return {name: getattr(person, name) for name in ("name", "position", "phone", "email")}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        person = services.update_person(actor=self.actor, person=self.person(), now=self.now, **form.cleaned_data)
        return url_of(person)


class AccountForm(Form):
    username = forms.CharField(label=gettext_lazy("Account name"), max_length=60)
    password = forms.CharField(
        label=gettext_lazy("First password"),
        strip=False,
        widget=forms.PasswordInput,
        help_text=gettext_lazy("At least ten characters; it is to be changed at the first sign-in."),
    )


class OpenAccount(Editing):
    """Let a person sign in."""

    title = gettext_lazy("Open an account")
    form_class = AccountForm
    success = gettext_lazy("The account is open.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        person = self.person()
        services.open_account(actor=self.actor, person=person, now=self.now, **form.cleaned_data)
        return url_of(person)


class PersonAction(ActionPage):
    """A button on a person's page."""

    permission = P.PERSON_EDIT

    def person(self) -> Person:
        return queries.get_person(actor=self.actor, uid=self.kwargs["uid"])

    def account(self) -> Account:
        account: Account | None = getattr(self.person(), "account", None)
        if account is None:
            raise PersonNotFound(person=self.kwargs["uid"])
        return account


class ResetPassword(PersonAction):
    """Set a random password, shown once."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        password = services.reset_password(actor=self.actor, account=self.account(), now=self.now)
        text = _("The new password, shown once: %(password)s — it is to be changed at the next sign-in.")
        return text % {"password": password}, url_of(self.person())


class Unlock(PersonAction):
    """Lift a lock-out."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        services.unlock_account(actor=self.actor, account=self.account(), now=self.now)
        return _("The account is unlocked."), url_of(self.person())


class SetActive(PersonAction):
    """Somebody has left or is back."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        active = bool(self.request.POST.get("active"))
        person = services.set_person_active(actor=self.actor, person=self.person(), active=active, now=self.now)
        return _("Saved."), url_of(person)


class RoleForm(Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"))
    unit = forms.ChoiceField(label=gettext_lazy("In the unit"))

    def __init__(self, *args: Any, units: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.code, str(role)) for role in list_roles()]  # type: ignore[attr-defined]
        self.fields["unit"].choices = [(unit.uid, str(unit)) for unit in units]  # type: ignore[attr-defined]


class GiveRole(Editing):
    """Give an account a role in a unit."""

    title = gettext_lazy("Give a role")
    permission = P.ROLE_ASSIGN
    form_class = RoleForm
    success = gettext_lazy("The role is given.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        path = self.person().unit.path
        return {
            "units": [
                unit for unit in Unit.objects.active() if path.startswith(unit.path) or unit.path.startswith(path)
            ]
        }

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        person, given = self.person(), form.cleaned_data
        unit = queries.get_unit(actor=self.actor, uid=given["unit"])
        account = getattr(person, "account", None)
        if account is None:
            raise PersonNotFound(person=person.uid)
        services.assign_role(actor=self.actor, account=account, role_code=given["role"], unit=unit, now=self.now)
        return url_of(person)


class TakeRole(PersonAction):
    """Take a role away."""

    permission = P.ROLE_ASSIGN

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        unit = queries.get_unit(actor=self.actor, uid=self.request.POST.get("unit", ""))
        role = self.request.POST.get("role", "")
        services.remove_role(actor=self.actor, account=self.account(), role_code=role, unit=unit, now=self.now)
        return _("The role is taken away."), url_of(self.person())


class ProgramForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    role_code = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(role.code, str(role)) for role in list_roles()]
        self.fields["role_code"].choices = choices  # type: ignore[attr-defined]


class NewProgram(FormPage):
    """Register a program of a unit."""

    title = gettext_lazy("New program")
    permission = P.SERVICE_ACCOUNT
    form_class = ProgramForm
    success = gettext_lazy("The program is registered. Make a token for it.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        unit = queries.get_unit(actor=self.actor, uid=kwargs["uid"])
        services.create_service_account(actor=self.actor, unit=unit, now=self.now, **form.cleaned_data)
        return unit.get_absolute_url()


def get_program(page: Any) -> ServiceAccount:
    """The program of the URL; ProgramNotFound."""
    row = ServiceAccount.objects.select_related("unit").filter(uid=page.kwargs["uid"]).first()
    if row is None or not allows(page.actor, P.SERVICE_ACCOUNT, row):
        raise ProgramNotFound(program=page.kwargs["uid"])
    return row


class ProgramTokenForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    days = forms.IntegerField(label=gettext_lazy("Valid for (days)"), initial=90, min_value=1, max_value=365)


class ProgramToken(FormPage):
    """Make a token for a program; it is shown once."""

    title = gettext_lazy("New API token")
    permission = P.SERVICE_ACCOUNT
    form_class = ProgramTokenForm
    success = ""

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        program = get_program(self)
        _row, token = services.issue_token(actor=self.actor, service_account=program, now=self.now, **form.cleaned_data)
        text = _("Copy the token now; it is not shown again: %(token)s")
        messages.success(self.request, text % {"token": token})
        return program.unit.get_absolute_url()


class SwitchProgram(ActionPage):
    """Let a program in or keep it out."""

    permission = P.SERVICE_ACCOUNT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        program = get_program(self)
        require(self.actor, P.SERVICE_ACCOUNT, program)
        services.set_service_account_active(
            actor=self.actor, service_account=program, active=not program.active, now=self.now
        )
        return _("Saved."), program.unit.get_absolute_url()
