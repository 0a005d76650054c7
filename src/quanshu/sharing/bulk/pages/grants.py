"""A bulk grant's page: what is shared, the state of its view, tokens, reads; and its decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    Card,
    Column,
    DetailPage,
    ReasonStepPage,
    StepPage,
    day,
    reason_against,
    when,
)
from quanshu.sharing.bulk import queries, rules, services
from quanshu.sharing.bulk.models import BulkGrant
from quanshu.sharing.bulk.pages.labels import (
    MODES,
    STATES,
    TONES,
    condition_text,
    fault_text,
    lag_text,
    number,
    size,
    token_state,
    view_state,
)
from quanshu.sharing.bulk.pages.lists import READ_COLUMNS
from quanshu.sharing.bulk.permissions import BulkPermission as P
from quanshu.sharing.bulk.types import BulkState
from quanshu.sharing.desk.api import GRADES, MASKS
from quanshu.supply.catalogue.api import in_language, items_of

SHOWN = 8
FIELD_COLUMNS = (
    Column("name", gettext_lazy("Field"), kind="code"),
    Column("title", gettext_lazy("Title")),
    Column("grade", gettext_lazy("Grade"), phone=False),
    Column("mask", gettext_lazy("Mask")),
)
REFRESH_COLUMNS = (
    Column("at", gettext_lazy("Time"), kind="datetime"),
    Column("how", gettext_lazy("How"), value=lambda row: fault_text(row.fault) if row.fault else MODES[row.mode]),
    Column("version", gettext_lazy("Version"), value="view_version", kind="number"),
    Column("inserted", gettext_lazy("Added"), value="inserted", kind="number"),
    Column("updated", gettext_lazy("Changed"), value="updated", kind="number"),
    Column("deleted", gettext_lazy("Gone"), value="deleted", kind="number"),
    Column("rows", gettext_lazy("Rows"), kind="number", phone=False),
    Column("took", gettext_lazy("Took, ms"), value="duration_ms", kind="number", phone=False),
)
TOKEN_COLUMNS = (
    Column("hint", gettext_lazy("Token"), value=lambda row: f"…{row.hint}", kind="code"),
    Column("from", gettext_lazy("Valid from"), value="not_before", kind="datetime", phone=False),
    Column("until", gettext_lazy("Valid until"), value="not_after", kind="datetime"),
    Column("state", gettext_lazy("State"), value="state_label", kind="badge", tone=lambda row: row.state_tone),
    Column(
        "revoke",
        "",
        value=lambda row: _("Revoke") if row.revoke_url else "",
        link=lambda row: row.revoke_url,
    ),
)


def granted_fields(grant: BulkGrant) -> list[dict[str, Any]]:
    """The grant's fields as the entry describes them."""
    items = {item.name: item for item in items_of(grant.entry)}
    rows = []
    for name in grant.fields:
        item = items.get(name)
        rows.append(
            {
                "name": name,
                "title": in_language(item.title, item.title_en) if item else "",
                "grade": GRADES.get(item.grade, "") if item else "",  # type: ignore[call-overload]
                "mask": MASKS.get(grant.masks.get(name, ""), ""),
            }
        )
    return rows


class GrantPage(DetailPage):
    """One bulk grant."""

    permission = P.VIEW
    audit_kind = "bulk.grant"

    def get_object(self, **kwargs: Any) -> BulkGrant:
        return queries.get_bulk(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Bulk sharing"), reverse("bulk:grants"))]

    def page_title(self) -> str:
        return f"{self.object.entry.title} → {self.object.consumer.title}"

    def state(self, obj: BulkGrant) -> tuple[str, str]:
        return str(STATES[BulkState(obj.state)]), TONES[BulkState(obj.state)]

    def facts(self, obj: BulkGrant) -> list[tuple[Any, Any]]:
        facts = [
            (_("Rows a read at most"), number(obj.row_limit) or _("No limit")),
            (_("Rows a day at most"), number(obj.daily_rows) or _("No limit")),
            (_("Versions kept"), obj.versions_kept),
            (_("Files kept after the end, days"), obj.retention_days),
            (_("Valid until"), day(obj.valid_until)),
            (_("Asked for by"), obj.created_by),
            (_("Asked for"), when(obj.created_at)),
        ]
        if obj.decided_at:
            facts += [(_("Decided by"), obj.decided_by), (_("Decided at"), when(obj.decided_at))]
        if obj.ended_at:
            facts.append((_("Ended at"), when(obj.ended_at)))
        return [*facts, (_("Reason"), obj.reason)] if obj.reason else facts

    def actions(self, obj: BulkGrant) -> list[Action]:
        found = []
        if allows(self.actor, P.CREATE, obj) and obj.state == BulkState.REQUESTED:
            check = rules.check_decider
            why = reason_against(check, requested_by=obj.created_by_uid, actor_uid=self.actor.uid)
            for name, label, style in (
                ("approve", _("Approve the request"), "primary"),
                ("refuse", _("Refuse the request"), "outline-danger"),
            ):
                url = reverse(f"bulk:{name}", args=[obj.uid])
                found.append(Action(label, url, "check" if name == "approve" else "x", style, "get", why))
        if obj.state != BulkState.ACTIVE:
            return found
        if allows(self.actor, P.TOKEN, obj.consumer):
            url = reverse("bulk:token-new", args=[obj.consumer.uid])
            found.append(Action(_("Make a profile"), url, "key", method="get"))
        if allows(self.actor, P.CREATE, obj):
            url = reverse("bulk:refresh", args=[obj.uid])
            found.append(Action(_("Refresh now"), url, "refresh", style="outline-primary"))
        if allows(self.actor, P.REVOKE, obj):
            url = reverse("bulk:revoke", args=[obj.uid])
            found.append(Action(_("Revoke"), url, "ban", style="outline-danger", method="get"))
        return found

    def cards(self, obj: BulkGrant) -> list[Card]:
        cards = [self.view_card(obj)] if obj.state not in {BulkState.REQUESTED, BulkState.REFUSED} else []
        cards += [self.terms_card(obj), Card(_("Fields"), columns=FIELD_COLUMNS, rows=granted_fields(obj))]
        if obj.state in {BulkState.REQUESTED, BulkState.REFUSED}:
            return cards
        return [*cards, self.reads_card(obj), *self.token_cards(obj), self.refresh_card(obj)]

    def view_card(self, obj: BulkGrant) -> Card:
        """What readers find now."""
        label, _tone = view_state(obj, self.now)
        facts = [
            (_("State"), label),
            (_("Fault"), fault_text(obj.fault) if obj.fault else ""),
            (_("Rows"), number(obj.view_rows)),
            (_("Version"), obj.view_version if obj.view_version is not None else ""),
            (_("Shows the source's version"), obj.source_version if obj.source_version is not None else ""),
            (_("Refreshed"), when(obj.refreshed_at) if obj.refreshed_at else ""),
            (_("Behind by"), lag_text(obj, self.now) if obj.state == BulkState.ACTIVE else ""),
            (_("Table"), obj.full_name),
            (_("Address"), f"{settings.QUANSHU_GATEWAY_URL.rstrip('/')}/delta-sharing/"),
        ]
        note = _("Read it with any client of the open Delta Sharing protocol and the profile of the application.")
        return Card(_("The view"), note=note, facts=[(name, value) for name, value in facts if value != ""])

    def terms_card(self, obj: BulkGrant) -> Card:
        """Who may read what, and for what."""
        titles = {item.name: in_language(item.title, item.title_en) for item in items_of(obj.entry)}
        lines = [condition_text(part, titles) for part in obj.where]
        facts = [
            (_("Application"), f"{obj.consumer.title} ({obj.consumer.rid})"),
            (_("Using unit"), str(obj.consumer.unit)),
            (_("Catalogue entry"), obj.entry.title),
            (_("Provider"), str(obj.entry.unit)),
            (_("Purpose"), obj.purpose),
            (_("Rows"), _("; ").join(lines) if lines else _("All rows")),
        ]
        note = ""
        if any(item.personal for item in items_of(obj.entry)):
            note = _("The entry tells of persons. Reads under their own consent come with the room of consent.")
        more = (obj.entry.get_absolute_url(), _("Open the entry"))
        return Card(_("Who may read what, and for what"), facts=facts, note=note, more=more)

    def reads_card(self, obj: BulkGrant) -> Card:
        """Volumes and the latest reads."""
        reads = queries.reads_of(obj)
        month = queries.volume_of(reads, since=self.now - timedelta(days=30))
        facts = [
            (_("Reads in 30 days"), number(month.reads)),
            (_("Rows"), number(month.rows)),
            (_("Volume"), size(month.bytes)),
            (_("Refused"), number(month.refused)),
        ]
        return Card(
            _("Reads"),
            facts=facts,
            columns=READ_COLUMNS,
            rows=reads[:SHOWN],
            empty_title=_("Not read yet"),
            more=(reverse("bulk:reads", args=[obj.uid]), _("All reads")) if reads.exists() else None,
        )

    def token_cards(self, obj: BulkGrant) -> list[Card]:
        """Tokens of the application, for those who may see them."""
        if not (allows(self.actor, P.TOKEN, obj.consumer) or allows(self.actor, P.VIEW, obj.consumer)):
            return []
        may = allows(self.actor, P.TOKEN, obj.consumer)
        rows = []
        for token in queries.tokens_of([obj.consumer.pk])[:SHOWN]:
            label, tone = token_state(token, self.now)
            holds = token.revoked_at is None and token.not_after > self.now
            token.state_label, token.state_tone = label, tone  # type: ignore[attr-defined]
            token.revoke_url = reverse("bulk:token-revoke", args=[token.uid]) if may and holds else ""  # type: ignore[attr-defined]
            rows.append(token)
        return [
            Card(
                _("Tokens of the application"),
                note=_("A token is shown once, in its profile; the platform keeps only its hash."),
                columns=TOKEN_COLUMNS,
                rows=rows,
                empty_title=_("No token yet"),
                empty_hint=_("The receiving unit makes a profile; it opens every bulk grant of the application."),
            )
        ]

    def refresh_card(self, obj: BulkGrant) -> Card:
        """What the latest refreshes did."""
        return Card(
            _("Refreshes"),
            note=_("Rows that are new, changed or gone since the version before; readers get them as changes."),
            columns=REFRESH_COLUMNS,
            rows=obj.refreshes.all()[:SHOWN],
            empty_title=_("Not built yet"),
            empty_hint=_("A job builds the view as soon as data of the entry have landed."),
        )


class Decision(ReasonStepPage):
    """A step of a grant that needs a reason."""

    permission = P.CREATE
    subject = "grant"

    def get_subject(self, uid: str) -> BulkGrant:
        return queries.get_bulk(actor=self.actor, uid=uid)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        grant = self.get_subject(self.kwargs["uid"])
        way = [(_("Bulk sharing"), reverse("bulk:grants")), (grant.table_name, grant.get_absolute_url())]
        return {"crumbs": way, "subtitle": f"{grant.entry.title} → {grant.consumer.title}"}


class Approve(Decision):
    """Grant what was asked for."""

    title = gettext_lazy("Approve the bulk grant")
    submit_label = gettext_lazy("Approve the request")
    success = gettext_lazy("Granted. The view is being built.")
    service = staticmethod(services.approve_bulk)


class Refuse(Decision):
    """Refuse what was asked for."""

    title = gettext_lazy("Refuse the bulk grant")
    submit_label = gettext_lazy("Refuse the request")
    success = gettext_lazy("Refused; the asking unit sees the reason.")
    service = staticmethod(services.refuse_bulk)


class Revoke(Decision):
    """End a grant."""

    title = gettext_lazy("Revoke the bulk grant")
    permission = P.REVOKE
    submit_label = gettext_lazy("Revoke")
    success = gettext_lazy("Revoked. Reads and file addresses are refused within a second.")
    service = staticmethod(services.revoke_bulk)


class Refresh(StepPage):
    """Have the view refreshed now."""

    permission = P.CREATE
    subject = "grant"
    service = staticmethod(services.ask_refresh)
    done = gettext_lazy("The view is being refreshed.")

    def get_subject(self, uid: str) -> BulkGrant:
        return queries.get_bulk(actor=self.actor, uid=uid)
