"""One entry: metadata, items, live state, versions, history, and the steps it allows."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Column, DetailPage, fault_text
from quanshu.supply.catalogue import queries, rules
from quanshu.supply.catalogue.models import Entry, in_language
from quanshu.supply.catalogue.pages import labels
from quanshu.supply.catalogue.pages.buttons import Spot, buttons_at
from quanshu.supply.catalogue.permissions import CataloguePermission
from quanshu.supply.catalogue.services import KIND
from quanshu.supply.catalogue.services.migrating import fault_row
from quanshu.supply.catalogue.types import STEP_NAMES, EntryState, ItemData, ShareType
from quanshu.supply.standards.api import standard_in_force

P = CataloguePermission
ICONS = {
    "submit": "send",
    "return": "arrow-back-up",
    "publish": "check",
    "revise": "versions",
    "withdraw": "ban",
    "restore": "rotate",
}
STYLES = {"return": "warning", "withdraw": "danger"}
NEEDS_REASON = {"return", "withdraw"}
NEXT_HINTS = {
    "draft": N_("Describe the items, grade every field, then submit the entry for review."),
    "review": N_("The bureau reviews the entry and publishes it or returns it with a reason."),
    "published": N_("To change it, revise it: the published version stays in force until the next one is published."),
    "withdrawn": N_("The entry is out of force. Its unit may take it up again."),
}


LINKS = (
    (gettext_lazy("Data sources"), "/intake/", "intake.source.view"),
    (gettext_lazy("Rules, scans and problems"), "/quality/", "quality.scorecard.view"),
    (gettext_lazy("Services"), "/services/", "services.service.view"),
)


def item_columns() -> tuple[Column, ...]:
    """Columns of the table of items."""
    return (
        Column("name", labels.ITEM_FIELDS["name"], kind="code"),
        Column("title", labels.ITEM_FIELDS["title"], value=item_title),
        Column("data_type", labels.ITEM_FIELDS["data_type"], value=item_type, phone=False),
        Column("length", labels.ITEM_FIELDS["length"], kind="number", phone=False),
        Column("required", labels.ITEM_FIELDS["required"], value=lambda row: row.required or row.is_key, phone=False),
        Column("is_key", labels.ITEM_FIELDS["is_key"], phone=False),
        Column("code_list", labels.ITEM_FIELDS["code_list"], value=lambda item: "、".join(item.code_list), phone=False),
        Column(
            "grade",
            labels.ITEM_FIELDS["grade"],
            value=lambda item: labels.grade_label(item.grade),
            kind="badge",
            tone=lambda item: labels.GRADE_TONES.get(item.grade, "secondary"),
        ),
        Column("personal", labels.ITEM_FIELDS["personal"], phone=False),
        Column("mask", labels.ITEM_FIELDS["mask"], value=lambda item: labels.MASKS.get(item.mask, item.mask)),
    )


def item_title(item: ItemData) -> str:
    """The item's title in the reader's language."""
    return in_language(item.title, item.title_en)


def item_type(item: ItemData) -> str:
    """Data type with its unit of measure."""
    name = str(labels.TYPES.get(item.data_type, item.data_type))
    return f"{name}（{item.unit_of_measure}）" if item.unit_of_measure else name


class EntryPage(DetailPage):
    """An entry as the reader may see it."""

    permission = P.VIEW
    template_name = "catalogue/entry.html"
    audit_kind = KIND

    def get_object(self, **kwargs: Any) -> Entry:
        entry = queries.get_entry(actor=self.actor, uid=kwargs["uid"])
        shown, self.items = queries.face_of(self.actor, entry)
        self.standard, self.in_force = queries.standard_of_entry(shown), standard_in_force()
        return shown

    def crumbs(self) -> Any:
        return ((_("Catalogue"), reverse("catalogue:entries")),)

    def state(self, obj: Entry) -> tuple[str, str]:
        return labels.state_of(obj)

    def facts(self, obj: Entry) -> list[tuple[Any, Any]]:
        grade = rules.highest([item.grade for item in self.items])
        return [
            (labels.METADATA["code"], obj.code),
            (labels.METADATA["provider_name"], str(obj.unit)),
            (_("Highest grade (the highest of its items applies)"), labels.grade_label(grade)),
            (_("Version"), obj.version),
            (_("Version in force"), obj.published_version),
            (_("Published on"), obj.publish_date.isoformat() if obj.publish_date else None),
            (_("Lake table"), obj.lake_table),
            (_("Version of the catalogue standard"), obj.standard),
        ]

    def actions(self, obj: Entry) -> list[Action]:
        return [
            *self.editing(obj),
            *self.moving(obj),
            *self.steps(obj),
            *buttons_at(Spot.ENTRY, self.actor, obj),
            *self.asking(obj),
        ]

    def moving(self, entry: Entry) -> list[Action]:
        """A draft under an older standard can be put under the one in force."""
        if entry.state != EntryState.DRAFT or entry.standard >= self.in_force.number:
            return []
        if not allows(self.actor, P.EDIT, entry):
            return []
        url = reverse("catalogue:entry-standard", args=[entry.uid])
        return [Action(_("Move to the standard in force"), url, icon="ruler-2", style="outline-primary")]

    def asking(self, entry: Entry) -> list[Action]:
        """A demand for data in force; where sharing is forbidden the button says by which law."""
        if not entry.published_version or not allows(self.actor, "demands.demand.submit"):
            return []
        law = None
        if entry.share_type == ShareType.NOT_SHARED:
            law = _("Sharing is forbidden: %(law)s") % {"law": entry.share_law}
        url = f"/demands/new/?entry={entry.uid}"
        return [Action(_("Ask for this data"), url, icon="message-plus", method="get", reason=law)]

    def editing(self, entry: Entry) -> list[Action]:
        """Edit, items, grades: for whoever may, with the reason when the state forbids it."""
        locked = refusal(rules.check_editable, entry.state)
        found = []
        if allows(self.actor, P.EDIT, entry):
            found.append(button(entry, "entry-edit", _("Edit"), "pencil", locked))
            found.append(button(entry, "entry-items", _("Items"), "table", locked))
        if allows(self.actor, P.GRADE, entry):
            reason = None if entry.state == EntryState.REVIEW else locked
            found.append(button(entry, "entry-grades", _("Grade items"), "shield-half", reason))
        return found

    def steps(self, entry: Entry) -> list[Action]:
        """The steps that leave the present state, for whoever may take them."""
        found = []
        for step in rules.MACHINE.allowed(entry.state):
            if not allows(self.actor, step.permission, entry):
                continue
            reason = self.unpublishable(entry) if step.name in {"submit", "publish"} else None
            found.append(
                Action(
                    _(STEP_NAMES[step.name]),
                    reverse(f"catalogue:entry-{step.name}", args=[entry.uid]),
                    icon=ICONS[step.name],
                    style=STYLES.get(step.name, "primary"),
                    method="get" if step.name in NEEDS_REASON else "post",
                    reason=reason,
                )
            )
        return found

    def unpublishable(self, entry: Entry) -> str | None:
        """Why the entry cannot be published now; the check of the write."""
        return refusal(
            partial(
                rules.check_publishable,
                data=queries.data_of(entry),
                classifications=queries.classification_codes(),
                standard=self.standard,
                today=self.now.astimezone(CITY_TZ).date(),
            ),
            self.items,
        )

    def misfits(self, entry: Entry) -> list[str]:
        """What the standard in force demands beyond the one the entry was made under."""
        if entry.standard >= self.in_force.number:
            return []
        found = rules.misfits(
            queries.data_of(entry),
            self.items,
            classifications=queries.classification_codes(),
            standard=self.in_force,
            today=self.now.astimezone(CITY_TZ).date(),
        )
        return [labels.fault_line(fault_row(error), self.in_force) for error in found]

    def detail_context(self, obj: Entry) -> dict[str, Any]:
        values = {**queries.snapshot_of(obj, ()), "classification_code": str(obj.classification)}
        values["provider_name"] = str(obj.unit)
        values.pop("items")
        return {
            "metadata": labels.metadata(values, self.standard),
            "older": obj.standard < self.in_force.number,
            "standard_in_force": self.in_force.number,
            "misfits": self.misfits(obj),
            "items": self.items,
            "item_columns": item_columns(),
            "ungraded": sum(1 for item in self.items if not item.grade),
            "landed_rows": None if obj.landed_rows is None else f"{obj.landed_rows:,}",
            "must_land": not obj.exempt and obj.format_class in {"database", "spreadsheet"},
            "versions": list(obj.versions.all()),
            "in_revision": obj.state in {"draft", "review"} and obj.published_version is not None,
            "next_hint": _(NEXT_HINTS[obj.state]),
            "not_landed": labels.FACET_VALUES["landed"]["0"],
            "not_mounted": labels.FACET_VALUES["mounted"]["0"],
            "mounted_label": labels.FACET_VALUES["mounted"]["1"],
            "in_force": _("In force"),
            "links": [
                (label, f"{path}?entry={obj.uid}")
                for label, path, permission in LINKS
                if allows(self.actor, permission)
            ],
            "share_label": labels.SHARE_TYPES.get(obj.share_type, obj.share_type),
            "next_links": buttons_at(Spot.NEXT, self.actor, obj),
            "files": buttons_at(Spot.FILES, self.actor, obj),
            "share_tone": labels.SHARE_TONES.get(obj.share_type, "secondary"),
        }


def button(entry: Entry, name: str, label: str, icon: str, reason: str | None) -> Action:
    """A link to one of the entry's forms."""
    url = reverse(f"catalogue:{name}", args=[entry.uid])
    return Action(label, url, icon=icon, style="outline-primary", method="get", reason=reason)


def refusal(check: Any, *args: Any) -> str | None:
    """Why a check refuses, as text; None when it passes."""
    try:
        check(*args)
    except QuanshuError as fault:
        return fault_text(fault)
    return None
