"""Versions of the standard: the list, one with its fields and code lists, their comparison, and the steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    Page,
    ReasonForm,
    reason_against,
    when,
)
from quanshu.supply.standards import queries, rules, services
from quanshu.supply.standards.models import Version
from quanshu.supply.standards.pages import labels
from quanshu.supply.standards.permissions import StandardsPermission as P
from quanshu.supply.standards.types import Standard, VersionState


class Versions(ListPage):
    """Every version of the catalogue standard."""

    permission = P.VIEW
    title = gettext_lazy("Catalogue standard")
    search = ("title", "title_en", "basis")
    search_hint = gettext_lazy("Name or basis")
    order = "-number"
    export_name = "standards"
    empty_title = gettext_lazy("No version fits")
    empty_hint = gettext_lazy("Clear the search to see every version.")
    filters = (Filter("state", gettext_lazy("State"), choices=list(labels.STATES.items())),)
    columns = (
        Column("number", gettext_lazy("Version"), kind="number", sort="number"),
        Column("title", gettext_lazy("Name"), value=str, sort="title", link=Version.get_absolute_url),
        Column("state", gettext_lazy("State"), value=lambda row: labels.state_label(row.state), kind="badge",
               tone=lambda row: labels.TONES[row.state], sort="state"),
        Column("from", gettext_lazy("In force from"), value="in_force_on", kind="date", sort="in_force_on"),
        Column("until", gettext_lazy("Until"), value="ended_on", kind="date", sort="ended_on", phone=False),
        Column("updated", gettext_lazy("Changed at"), value="updated_at", kind="datetime", sort="updated_at",
               phone=False),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_versions(self.actor)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.EDIT):
            return []
        there = queries.open_version()
        reason = _("Version %(number)s is already being prepared.") % {"number": there.number} if there else None
        return [Action(_("Draft the next version"), reverse("standards:draft"), "plus", method="get", reason=reason)]


class OfVersion(Page):
    """A page below a version."""

    @cached_property
    def version(self) -> Version:
        return queries.get_version(actor=self.actor, number=self.kwargs["number"])

    @cached_property
    def standard(self) -> Standard:
        return queries.content_of(self.version)

    def crumbs(self) -> Any:
        home = (_("Catalogue standard"), reverse("standards:versions"))
        return (home, (str(self.version), self.version.get_absolute_url()))


class VersionPage(DetailPage):
    """One version: what it says, its state, and what can be done."""

    permission = P.VIEW
    audit_kind = services.KIND

    def get_object(self, **kwargs: Any) -> Version:
        version = queries.get_version(actor=self.actor, number=kwargs["number"])
        self.standard = queries.content_of(version)
        self.editable = allows(self.actor, P.EDIT) and version.state == VersionState.DRAFT
        return version

    def crumbs(self) -> Any:
        return ((_("Catalogue standard"), reverse("standards:versions")),)

    def state(self, obj: Version) -> tuple[str, str]:
        return labels.state_label(obj.state), labels.TONES[obj.state]

    def facts(self, obj: Version) -> list[tuple[Any, Any]]:
        return [
            (_("Version"), obj.number),
            (_("Basis"), obj.basis),
            (_("In force from"), obj.in_force_on.isoformat() if obj.in_force_on else None),
            (_("Until"), obj.ended_on.isoformat() if obj.ended_on else None),
            (_("Reason"), obj.reason),
            (_("Decided by"), obj.decided_by),
            (_("Drafted by"), obj.created_by),
            (_("Changed at"), when(obj.updated_at)),
        ]

    def actions(self, obj: Version) -> list[Action]:
        found = []
        before = queries.version_before(obj)
        if before is not None:
            url = f"{reverse('standards:compare', args=[obj.number])}?with={before.number}"
            found.append(Action(_("Compare with the version before"), url, "arrows-diff", "outline-primary", "get"))
        found.append(
            Action(
                _("Entries that do not fit"),
                f"/catalogue/migration/{obj.number}/",
                "list-check",
                "outline-primary",
                "get",
            )
        )
        if allows(self.actor, P.EDIT):
            reason = reason_against(rules.check_editable, obj.state)
            found.append(Action(_("Name and basis"), self.at("about", obj), "pencil", "outline-primary", "get", reason))
        if allows(self.actor, P.DECIDE):
            if obj.state == VersionState.DECIDED:
                url = self.at("recall", obj)
                found.append(Action(_("Take the decision back"), url, "arrow-back-up", "warning", "get"))
            elif obj.state == VersionState.DRAFT:
                found.append(Action(_("Put in force"), self.at("decide", obj), "gavel", method="get"))
        return found

    def at(self, name: str, obj: Version, *rest: str) -> str:
        """The address of one of the version's forms."""
        return reverse(f"standards:{name}", args=[obj.number, *rest])

    def cards(self, obj: Version) -> list[Card]:
        return [self.fields_card(obj), self.lists_card(obj), self.code_card(obj)]

    def fields_card(self, obj: Version) -> Card:
        """The fields in the order of the official table."""

        def link(row: Any) -> str:
            return self.at("field", obj, row.code) if self.editable else ""

        columns = (
            Column("title", _("Field of the standard"), value=labels.in_language, link=link),
            Column("level", _("Describes"), value=lambda row: labels.LEVELS[row.level], phone=False),
            Column("need", _("Obligation"), value=lambda row: labels.NEEDS[row.need], kind="badge",
                   tone=lambda row: labels.NEED_TONES[row.need]),
            Column("when", _("Mandatory at"), value=lambda row: labels.condition_text(row, self.standard), phone=False),
            Column("kind", _("Kind of value"), value=lambda row: labels.KINDS[row.kind], phone=False),
            Column("max_length", _("Longest length"), kind="number", phone=False),
            Column("column", _("Official column title"), value=lambda row: row.column, phone=False),
            Column("official", _("In the official table"), phone=False),
        )  # fmt: skip
        actions = []
        if self.editable:
            actions.append(Action(_("Add a field"), self.at("field-new", obj), "plus", "outline-primary", "get"))
        note = _("In the order of the columns of the official table.")
        return Card(_("Fields"), note=note, columns=columns, rows=self.standard.fields, actions=actions)

    def lists_card(self, obj: Version) -> Card:
        """The code lists with their values."""
        rows = [
            {
                "title": labels.in_language(listed),
                "code": listed.code,
                "values": [labels.in_language(value) for value in listed.values],
                "url": self.at("list", obj, listed.code),
            }
            for listed in self.standard.lists
        ]
        actions = []
        if self.editable:
            actions.append(Action(_("Add a code list"), self.at("list-new", obj), "plus", "outline-primary", "get"))
        return Card(_("Code lists"), template="standards/lists.html", values={"rows": rows}, actions=actions)

    def code_card(self, obj: Version) -> Card:
        """The structure of the resource code."""
        columns = (
            Column("title", _("Part of the resource code"), value=labels.in_language),
            Column("digits", _("Digits allowed"), kind="code"),
            Column("least", _("Fewest digits"), kind="number"),
            Column("most", _("Most digits"), kind="number"),
        )
        actions = []
        if self.editable:
            actions.append(Action(_("Edit"), self.at("code", obj), "pencil", "outline-primary", "get"))
        pattern = rules.code_pattern(self.standard.segments)
        note = _("As a pattern: %(pattern)s") % {"pattern": pattern}
        return Card(_("Resource code"), note=note, columns=columns, rows=self.standard.segments, actions=actions)


class ListPageOfValues(OfVersion):
    """One code list with its values."""

    permission = P.VIEW
    template_name = "web/cards.html"

    def page_title(self) -> str:
        return labels.in_language(self.listed)

    @cached_property
    def listed(self) -> Any:
        from quanshu.supply.standards.types import FieldNotFound

        found = self.standard.list_of(self.kwargs["code"])
        if found is None:
            raise FieldNotFound(code=self.kwargs["code"])
        return found

    def context(self, **kwargs: Any) -> dict[str, Any]:
        columns = (
            Column("code", _("Code"), kind="code"),
            Column("title", _("Chinese title"), value=lambda row: row.title),
            Column("title_en", _("English title"), phone=False),
            Column("words", _("Also taken as"), value=lambda row: "、".join(row.words), phone=False),
            Column("valid_from", _("Valid from"), phone=False),
            Column("valid_until", _("Valid until")),
        )
        actions = []
        if allows(self.actor, P.EDIT) and self.version.state == VersionState.DRAFT:
            url = reverse("standards:list-edit", args=[self.version.number, self.listed.code])
            actions.append(Action(_("Edit"), url, "pencil", "outline-primary", "get"))
        return {"cards": [Card(self.page_title(), columns=columns, rows=self.listed.values, actions=actions)]}


class Compare(OfVersion):
    """What differs between this version and another, in words."""

    permission = P.VIEW
    template_name = "standards/compare.html"

    def page_title(self) -> str:
        return _("Changes of %(name)s") % {"name": self.version}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        others = [row for row in queries.list_versions(self.actor) if row.pk != self.version.pk]
        asked = self.request.GET.get("with", "")
        before = queries.version_before(self.version)
        number = int(asked) if asked.isdecimal() and len(asked) < 9 else before.number if before else 0
        other = queries.get_version(actor=self.actor, number=number) if others else None
        changes = rules.differences(queries.content_of(other), self.standard) if other else []
        rows = [labels.change_row(change, self.standard) for change in changes]
        return {"version": self.version, "others": others, "other": other, "rows": rows}


class AboutForm(Form):
    title = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    title_en = forms.CharField(label=gettext_lazy("English title"), max_length=200, required=False)
    basis = forms.CharField(
        label=gettext_lazy("Basis"),
        max_length=2000,
        widget=forms.Textarea,
        help_text=gettext_lazy("The documents and standards this version rests on."),
    )


class Draft(FormPage):
    """Draft the next version as a copy of the one in force."""

    permission = P.EDIT
    title = gettext_lazy("Draft the next version")
    form_class = AboutForm
    submit_label = gettext_lazy("Draft it")
    success = gettext_lazy("The draft is a copy of the version in force. Edit its fields and code lists next.")
    cancel_url = "/standards/"

    def crumbs(self) -> Any:
        return ((_("Catalogue standard"), reverse("standards:versions")),)

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        now = queries.version_in_force()
        return {"title": now.title, "title_en": now.title_en, "basis": now.basis}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        version = services.draft_version(actor=self.actor, now=self.now, **form.cleaned_data)
        return version.get_absolute_url()


class VersionForm(OfVersion, FormPage):
    """A form that belongs to a version."""

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return self.version.get_absolute_url()


class About(VersionForm):
    """Change a draft's name and basis."""

    permission = P.EDIT
    title = gettext_lazy("Name and basis")
    form_class = AboutForm

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        rules.check_editable(self.version.state)
        return {"title": self.version.title, "title_en": self.version.title_en, "basis": self.version.basis}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        services.describe_version(actor=self.actor, now=self.now, version=self.version, **form.cleaned_data)
        return self.cancel_url


class DecisionForm(Form):
    on = forms.DateField(
        label=gettext_lazy("In force from"),
        widget=forms.DateInput,
        help_text=gettext_lazy("Today, or a later day. From the decision on, the version does not change."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea, max_length=2000)


class Decide(VersionForm):
    """Decide the day on which a draft comes into force."""

    permission = P.DECIDE
    title = gettext_lazy("Put in force")
    form_class = DecisionForm
    submit_label = gettext_lazy("Decide")
    success = gettext_lazy("Decided.")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rules.check_step(self.version.state, "decide")
        return {}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        services.decide_version(actor=self.actor, now=self.now, version=self.version, **form.cleaned_data)
        return self.cancel_url


class Recall(VersionForm):
    """Take a decision back before its day."""

    permission = P.DECIDE
    title = gettext_lazy("Take the decision back")
    form_class = ReasonForm
    submit_label = gettext_lazy("Take the decision back")
    success = gettext_lazy("The version is a draft again.")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rules.check_step(self.version.state, "recall")
        return {}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        reason = form.cleaned_data["reason"]
        services.recall_version(actor=self.actor, now=self.now, version=self.version, reason=reason)
        return self.cancel_url
