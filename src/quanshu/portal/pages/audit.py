"""Search of the audit trail, and one entry with its place in the tree."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import NotFound
from quanshu.shared.audit.api import actions_called, audit_entries, detail_label, kinds, leaf_of, tree_head
from quanshu.shared.web.api import Column, DetailPage, Filter, ListPage, grouped, who

OUTCOMES = [("done", gettext_lazy("Done")), ("refused", gettext_lazy("Refused"))]


def kind_choices(_page: ListPage) -> list[tuple[str, str]]:
    """The kinds of objects an entry may be about, by name."""
    return sorted(((code, str(label)) for code, label in kinds().items()), key=lambda pair: pair[1])


def by_act(rows: Any, words: str) -> Any:
    """Entries whose act is called so, or whose code begins so."""
    return rows.filter(Q(action__in=actions_called(words)) | Q(action__startswith=words))


def detail_text(value: Any) -> str:
    """A detail as people read it: yes and no, lists and tables as words, a dash for nothing."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        return ", ".join(f"{key}: {detail_text(part)}" for key, part in value.items()) or "—"
    if isinstance(value, list):
        return ", ".join(map(detail_text, value)) or "—"
    return "—" if value in (None, "") else str(grouped(value))


class EntryNotFound(NotFound):
    code = "portal.audit_entry_not_found"
    message = "There is no audit entry “%(entry)s” that you may see."
    remedy = "Search the audit trail again."


class Audit(ListPage):
    """Who did what to which object, when."""

    title = gettext_lazy("Audit trail")
    permission = "audit.entry.view"
    template_name = "portal/audit.html"
    search = ("actor_name", "action", "label", "object_uid", "uid")
    search_hint = gettext_lazy("Person, act, object or number")
    order = "-at"
    export_name = "audit"
    empty_title = gettext_lazy("No act is recorded yet")
    empty_hint = gettext_lazy("Every write and every call leaves an entry here.")
    filters = (
        Filter("outcome", gettext_lazy("Outcome"), choices=OUTCOMES),
        Filter("kind", gettext_lazy("Kind"), choices=kind_choices, field="object_kind"),
        Filter("action", gettext_lazy("Act"), kind="text", apply=by_act),
        Filter("from", gettext_lazy("From"), kind="date", field="at__date__gte"),
        Filter("to", gettext_lazy("To"), kind="date", field="at__date__lte"),
    )
    columns = (
        Column("at", gettext_lazy("When"), kind="datetime", sort="at", link=lambda row: f"/audit/{row.uid}/"),
        Column("actor_name", gettext_lazy("Who"), value=lambda row: who(row.actor_name), sort="actor_name"),
        Column("action", gettext_lazy("Act"), value=lambda row: row.action_label, sort="action"),
        Column("label", gettext_lazy("Object"), sort="label"),
        Column("object_kind", gettext_lazy("Kind"), value="kind_label", phone=False),
        Column(
            "outcome",
            gettext_lazy("Outcome"),
            value=lambda row: dict(OUTCOMES).get(row.outcome, row.outcome),
            kind="badge",
            tone=lambda row: "green" if row.outcome == "done" else "red",
        ),
    )

    def queryset(self) -> Any:
        return audit_entries(self.actor)

    def find(self, rows: Any, text: str) -> Any:
        return super().find(rows, text) | rows.filter(action__in=actions_called(text))

    def row_context(self) -> dict[str, Any]:
        return {"head": tree_head()}


class AuditRow(DetailPage):
    """One audit entry."""

    permission = "audit.entry.view"
    template_name = "portal/audit_row.html"

    def get_object(self, **kwargs: Any) -> Any:
        entry = audit_entries(self.actor).filter(uid=kwargs["uid"]).first()
        if entry is None:
            raise EntryNotFound(entry=kwargs["uid"])
        return entry

    def page_title(self) -> Any:
        return self.object.action_label

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Audit trail"), "/audit/")]

    def facts(self, obj: Any) -> list[tuple[Any, Any]]:
        return [
            (gettext_lazy("Number"), obj.uid),
            (gettext_lazy("Act"), obj.action_label),
            (gettext_lazy("Code"), obj.action),
            (gettext_lazy("Who"), who(obj.actor_name)),
            (gettext_lazy("Object"), f"{obj.label} ({obj.kind_label})" if obj.object_kind else obj.label),
            (gettext_lazy("Request"), obj.request_id),
        ]

    def detail_context(self, obj: Any) -> dict[str, Any]:
        told = [(detail_label(key), detail_text(value)) for key, value in obj.details.items()]
        return {"told": told, "leaf": leaf_of(obj), "head": tree_head()}
