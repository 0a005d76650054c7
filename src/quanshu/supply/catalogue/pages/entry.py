"""An entry's page: metadata, items, live state, versions and what can be done next."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Card, Column, DetailPage, Page, reason_against
from quanshu.supply.catalogue import queries, rules, services
from quanshu.supply.catalogue.models import Entry
from quanshu.supply.catalogue.pages.labels import (
    CYCLES,
    FORMATS,
    GRADES,
    MASKS,
    OPEN_TYPES,
    SHARE_TYPES,
    STATE_TONES,
    STATES,
    TYPES,
)
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.types import ShareType


def url_of(entry: Entry, part: str = "") -> str:
    """An entry's page, or a page below it."""
    return f"/catalogue/{entry.uid}/{part}"


ITEM_COLUMNS = (
    Column("name", gettext_lazy("Field"), kind="code"),
    Column("title", gettext_lazy("Title")),
    Column("title_en", gettext_lazy("English title"), phone=False),
    Column("type", gettext_lazy("Type"), value=lambda row: TYPES.get(row.data_type, row.data_type)),
    Column("length", gettext_lazy("Length"), kind="number", phone=False),
    Column("key", gettext_lazy("Key"), value=lambda row: _("Yes") if row.is_key else "", phone=False),
    Column(
        "grade",
        gettext_lazy("Grade"),
        value=lambda row: GRADES.get(row.grade) or _("Not graded"),
        kind="badge",
        tone=lambda row: "orange" if not row.grade else "red" if row.grade in {"important", "core"} else "blue",
    ),
    Column("mask", gettext_lazy("Mask"), value=lambda row: MASKS.get(row.mask, row.mask), phone=False),
    Column("personal", gettext_lazy("Personal"), value=lambda row: _("Yes") if row.personal else "", phone=False),
)


class EntryPage(DetailPage):
    """One entry."""

    permission = P.VIEW
    audit_kind = "catalogue.entry"

    def get_object(self, **kwargs: Any) -> Entry:
        return queries.get_entry(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Catalogue"), "/catalogue/")]

    def state(self, obj: Entry) -> tuple[str, str]:
        return str(STATES[obj.state]), STATE_TONES[obj.state]  # type: ignore[index]

    def facts(self, obj: Entry) -> list[tuple[Any, Any]]:
        grade = queries.highest_grade(obj)
        return [
            (_("Resource code"), obj.code),
            (_("Version"), obj.version),
            (_("Published on"), obj.publish_date),
            (_("Highest grade"), GRADES.get(grade, _("Not graded"))),
            (_("Rows landed"), obj.landed_rows),
            (_("Landed at"), obj.landed_at),
            (_("Mounted"), _("Yes") if obj.mounted else _("No")),
            (_("Probed at"), obj.mounted_checked_at),
        ]

    def actions(self, obj: Entry) -> list[Action]:
        items = queries.items_of(obj)

        def step(label: str, name: str, permission: P, *, style: str = "primary", method: str = "post") -> list[Action]:
            if not allows(self.actor, permission, obj):
                return []
            reason = reason_against(rules.check_step, obj.state, name)
            if reason is None and name in {"submit", "publish"}:
                reason = reason_against(rules.check_publishable, items)
            return [Action(label, url_of(obj, f"{name}/"), style=style, method=method, reason=reason)]

        edit = []
        if allows(self.actor, P.EDIT, obj) and obj.state == "draft":
            for label, part in ((_("Edit"), "edit/"), (_("Edit items"), "items/")):
                edit.append(Action(label, url_of(obj, part), "edit", method="get", style="outline-primary"))
        if allows(self.actor, P.GRADE, obj) and obj.state in {"draft", "review"}:
            edit.append(Action(_("Grade items"), url_of(obj, "grades/"), method="get", style="outline-primary"))
        steps = {
            "draft": step(_("Submit for review"), "submit", P.SUBMIT),
            "review": [
                *step(_("Publish"), "publish", P.PUBLISH),
                *step(_("Return"), "return", P.PUBLISH, style="outline-danger", method="get"),
            ],
            "published": [
                *step(_("Revise"), "revise", P.EDIT, style="outline-primary"),
                *step(_("Withdraw"), "withdraw", P.WITHDRAW, style="outline-danger", method="get"),
            ],
            "withdrawn": [],
        }[obj.state]
        if obj.published_version and allows(self.actor, "demands.demand.submit"):
            steps.insert(
                0, Action(_("Ask for this data"), f"/demands/new/?entry={obj.uid}", "message-plus", method="get")
            )
        return [*edit, *steps]

    def cards(self, obj: Entry) -> list[Card]:
        share = [(_("Share type"), SHARE_TYPES[obj.share_type])]  # type: ignore[index]
        if obj.share_type == ShareType.NOT_SHARED:
            share.append((_("Law that forbids"), obj.share_law))
        else:
            share.append((_("Condition"), obj.share_condition))
        core = [
            (_("Resource name"), obj.resource_name),
            (_("English name"), obj.name_en),
            (_("Abstract"), (obj.title != obj.resource_name and obj.abstract_en) or obj.abstract),
            (_("Provider"), str(obj.unit)),
            (_("Provider code"), obj.unit.code),
            (_("Class"), str(obj.classification)),
            (_("Format"), FORMATS[obj.format_class]),  # type: ignore[index]
            *share,
            (_("Share mode"), obj.share_mode),
            (_("Open to society"), OPEN_TYPES[obj.open_type]),  # type: ignore[index]
            (_("Update cycle"), CYCLES[obj.update_cycle]),  # type: ignore[index]
            (_("Related entries"), ", ".join(obj.related_codes)),
            (_("Not landed because"), obj.sensitive_reason),
        ]
        hint = _("Add items: they are the contract that data is taken in by.")
        versions = (
            Column("number", _("Version"), kind="number"),
            Column("published_at", _("Published at"), kind="datetime"),
            Column("published_by", _("By")),
        )
        more = (url_of(obj, "versions/"), _("Compare versions")) if obj.versions.count() > 1 else None
        return [
            Card(_("Core metadata"), facts=[(label, value) for label, value in core if value]),
            Card(
                _("Information items"),
                columns=ITEM_COLUMNS,
                rows=obj.items.all(),
                empty_title=_("No item yet"),
                empty_hint=hint,
            ),
            Card(
                _("Published versions"),
                columns=versions,
                rows=obj.versions.all(),
                empty_title=_("Not published yet"),
                more=more,
            ),
        ]


class Versions(Page):
    """What changed between two published versions."""

    title = gettext_lazy("Compare versions")
    permission = P.VIEW
    template_name = "catalogue/versions.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        entry = queries.get_entry(actor=self.actor, uid=kwargs["uid"])
        numbers = list(entry.versions.order_by("number").values_list("number", flat=True))
        asked = [self.request.GET.get(name, "") for name in ("a", "b")]
        chosen = [int(text) for text in asked if text.isdigit() and int(text) in numbers]
        pair = chosen if len(chosen) == 2 else numbers[-2:]
        rows: list[dict[str, object]] = []
        if len(pair) == 2:
            left, right = (queries.version_of(entry, number) for number in pair)
            if left is not None and right is not None:
                found = rules.differences(left.snapshot, right.snapshot)
                rows = [{"path": path, "before": before, "after": after} for path, before, after in found]
        columns = (Column("path", _("Field"), kind="code"), Column("before", _("Before")), Column("after", _("After")))
        return {
            "entry": entry,
            "numbers": numbers,
            "pair": pair,
            "rows": rows,
            "columns": columns,
            "crumbs": [(_("Catalogue"), "/catalogue/"), (str(entry), url_of(entry))],
        }


class EntryAction(ActionPage):
    """A button on an entry's page."""

    def entry(self) -> Entry:
        return queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])


class Submit(EntryAction):
    """Send to the bureau for review."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = services.submit_entry(actor=self.actor, now=self.now, entry=self.entry())
        return _("Submitted. The bureau reviews it next."), url_of(entry)


class Publish(EntryAction):
    """Publish."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = services.publish_entry(actor=self.actor, now=self.now, entry=self.entry())
        return _("Published under the code %(code)s.") % {"code": entry.code}, url_of(entry)


class Revise(EntryAction):
    """Open the next version."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = services.revise_entry(actor=self.actor, now=self.now, entry=self.entry())
        return _("Version %(number)s is open as a draft.") % {"number": entry.version}, url_of(entry)
