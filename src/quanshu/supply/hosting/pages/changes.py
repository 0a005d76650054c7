"""Changes of hosted rows: the list, one with what the row held before and after, approval and undoing."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    FormPage,
    ListPage,
    ReasonForm,
    reason_against,
    state_column,
    when,
)
from quanshu.supply.catalogue.api import items_of
from quanshu.supply.hosting import queries, rules, services
from quanshu.supply.hosting.models import Change
from quanshu.supply.hosting.pages import labels
from quanshu.supply.hosting.permissions import HostingPermission as P
from quanshu.supply.hosting.types import ChangeKind, ChangeState


def fields_text(change: Change) -> str:
    """Titles of the fields a change touched, or the name of the file."""
    if change.kind == ChangeKind.UPLOAD:
        return change.file_name
    titles = {item.name: labels.title_of(item) for item in items_of(change.agreement.entry)}
    return "、".join(titles.get(name, name) for name in change.fields)


CHANGE_COLUMNS = (
    Column("at", gettext_lazy("When"), kind="datetime", link=Change.get_absolute_url, sort="at"),
    Column("by", gettext_lazy("Who"), value="by_name", sort="by_name"),
    Column("kind", gettext_lazy("What"), value=labels.kind_of, sort="kind"),
    Column("fields", gettext_lazy("Fields"), value=fields_text, phone=False),
    state_column(labels.CHANGE_STATES, labels.CHANGE_TONES, sort="state"),
)  # fmt: skip


class Changes(ListPage):
    """Changes of every table the actor may see."""

    title = gettext_lazy("Changes of hosted rows")
    permission = P.ROW_VIEW
    search = ("agreement__entry__resource_name", "by_name", "file_name")
    search_hint = gettext_lazy("Table, person or file")
    order = "-at"
    export_name = "hosting-changes"
    empty_title = gettext_lazy("No change yet")
    empty_hint = gettext_lazy("Rows are added and edited under “Data”.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.CHANGE_STATES.items()), field="state"),
        Filter("kind", gettext_lazy("What"), choices=list(labels.KINDS.items()), field="kind"),
        Filter("table", gettext_lazy("Table"), field="agreement__uid",
               choices=lambda page: [(row.uid, str(row)) for row in queries.list_agreements(page.actor)]),
    )  # fmt: skip
    columns = (
        *CHANGE_COLUMNS[:1],
        Column("table", gettext_lazy("Table"), value=lambda row: str(row.agreement),
               sort="agreement__entry__resource_name"),
        *CHANGE_COLUMNS[1:],
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Unified hosting"), reverse("hosting:agreements")),)

    def queryset(self) -> Any:
        return queries.list_changes(self.actor)


class ChangePage(DetailPage):
    """One change, with the row before and after."""

    permission = P.ROW_VIEW
    audit_kind = "hosting.change"

    def get_object(self, **kwargs: Any) -> Change:
        return queries.get_change(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> Any:
        return f"{labels.kind_of(self.object)} · {self.object.agreement}"

    def crumbs(self) -> Any:
        agreement = self.object.agreement
        return ((_("Unified hosting"), reverse("hosting:agreements")), (str(agreement), agreement.get_absolute_url()))

    def state(self, obj: Change) -> tuple[str, str]:
        return str(labels.CHANGE_STATES[obj.state]), labels.CHANGE_TONES[obj.state]

    def facts(self, obj: Change) -> list[tuple[Any, Any]]:
        return [
            (_("Who"), obj.by_name),
            (_("When"), when(obj.at)),
            (_("Decided by"), obj.decided_by),
            (_("Reason given"), obj.answer),
            (_("Versions of the table"), f"{shown(obj.version_before)} → {shown(obj.version_after)}"),
            (_("File"), obj.file_name),
        ]

    def actions(self, obj: Change) -> list[Action]:
        found = []
        if obj.state == ChangeState.PENDING and allows(self.actor, P.APPROVE, obj):
            reason = reason_against(
                rules.check_decide, state=obj.state, proposer_uid=obj.by_uid, actor_uid=self.actor.uid
            )
            for name, label, icon, style, method in (
                ("approve", _("Approve"), "check", "success", "post"),
                ("refuse", _("Refuse"), "x", "outline-danger", "get"),
            ):
                url = reverse(f"hosting:{name}", args=[obj.uid])
                found.append(Action(label, url, icon, style, method, reason))
        if obj.state == ChangeState.APPLIED and queries.edits(self.actor, obj.agreement):
            reason = reason_against(rules.check_undo, kind=obj.kind, state=obj.state, latest=queries.is_latest(obj))
            url = reverse("hosting:undo", args=[obj.uid])
            found.append(Action(_("Undo"), url, "arrow-back-up", "outline-primary", reason=reason))
        return found

    def cards(self, obj: Change) -> list[Card]:
        if obj.kind == ChangeKind.UPLOAD:
            url = reverse("intake:run", args=[obj.run.uid]) if obj.run else ""
            text = _("The file is loaded by intake: what does not fit the contract is refused there with the reason.")
            return [Card(_("Load"), note=text, more=(url, _("Open the load")) if url else None)]
        clear = queries.edits(self.actor, obj.agreement) or allows_second(self.actor, obj)
        items = items_of(obj.agreement.entry)
        before, after = (
            queries.masked_values(items, values, clear=clear) if values is not None else None
            for values in queries.before_and_after(obj)
        )
        rows = [
            {
                "title": labels.title_of(item),
                "before": labels.shown(item, (before or {}).get(item.name)),
                "after": labels.shown(item, (after or {}).get(item.name)),
                "changed": _("Has changed") if item.name in obj.fields else "",
            }
            for item in items
        ]
        columns = (
            Column("title", _("Field")),
            Column("before", _("Before")),
            Column("after", _("After")),
            Column("changed", "", kind="badge", tone=lambda row: "orange"),
        )
        note = "" if clear else _("Values are masked as graded; those who edit the table see them in clear.")
        return [Card(_("The row before and after"), note=note, columns=columns, rows=rows)]


def allows_second(actor: Any, change: Change) -> bool:
    """The second person sees what they decide on in clear."""
    return change.state == ChangeState.PENDING and allows(actor, P.APPROVE, change)


def shown(version: int | None) -> str:
    """A version's number, or a dash."""
    return "—" if version is None else str(version)


class ChangeStep(ActionPage):
    """A button of a change's page."""

    permission = P.ROW_VIEW
    service: Any = None
    done: Any = ""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        change = queries.get_change(actor=self.actor, uid=kwargs["uid"])
        made = self.service(actor=self.actor, now=self.now, change=change)
        waits = made.state == ChangeState.PENDING
        return (_("It waits for the second person.") if waits else str(self.done)), made.get_absolute_url()


class RefuseChange(FormPage):
    """Refuse a change, with the reason."""

    title = gettext_lazy("Refuse the change")
    permission = P.APPROVE
    form_class = ReasonForm
    success = gettext_lazy("Refused.")

    def save(self, form: Any, **kwargs: Any) -> str:
        change = queries.get_change(actor=self.actor, uid=self.kwargs["uid"])
        services.refuse_change(actor=self.actor, now=self.now, change=change, reason=form.cleaned_data["reason"])
        return change.get_absolute_url()
