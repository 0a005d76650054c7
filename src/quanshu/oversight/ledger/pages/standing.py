"""How the ledger stands: overview, checkpoints, witnesses."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.ledger import queries, rules
from quanshu.oversight.ledger.models import Checkpoint, Witness
from quanshu.oversight.ledger.pages import labels
from quanshu.oversight.ledger.pages.anchors import anchor_columns, size_column
from quanshu.oversight.ledger.permissions import LedgerPermission as P
from quanshu.oversight.ledger.types import WitnessState
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, DetailPage, Filter, ListPage, Page, reason_against, when


def witness_columns() -> tuple[Column, ...]:
    """Columns of witnesses' standings."""
    return (
        Column(
            "witness",
            gettext_lazy("Witness"),
            value=lambda row: row.witness.title,
            link=lambda row: row.witness.get_absolute_url(),
        ),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: labels.witness_badge(row.witness)[0],
            kind="badge",
            tone=lambda row: labels.witness_badge(row.witness)[1],
        ),
        Column(
            "seen", gettext_lazy("Signed last"), value=lambda row: row.witness.seen_at, kind="datetime", phone=False
        ),
        Column("lag", gettext_lazy("Entries behind"), value="lag", kind="number"),
    )


def shown_note(checkpoint: Checkpoint) -> str:
    """A checkpoint with its cosignatures, as text."""
    return checkpoint.note + "".join(f"{row.line}\n" for row in checkpoint.cosignatures.all())


class Overview(Page):
    """The ledger at this moment."""

    title = gettext_lazy("Ledger")
    subtitle = gettext_lazy("The audit trail as a log that nobody can quietly rewrite: signed, witnessed, provable.")
    permission = P.VIEW
    template_name = "ledger/overview.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        state = queries.ledger_state(self.now)
        actor = self.actor
        return {
            "ledger": state,
            "cards": [self.witnesses(state), self.anchors()],
            "may_edit": allows(actor, P.WITNESS),
            "prefix": self.request.build_absolute_uri(reverse("ledger:log", args=["checkpoint"])),
            "keys": [str(key) for key in queries.own_policy().logs],
            "failing": [row.witness for row in state.witnesses if row.witness.failing_since],
        }

    def witnesses(self, state: queries.LedgerState) -> Card:
        buttons = []
        if allows(self.actor, P.WITNESS):
            buttons = [
                Action(_("Set the policy"), reverse("ledger:quorum"), "adjustments", "outline-primary", "get"),
                Action(_("Add a witness"), reverse("ledger:add_witness"), "plus", "primary", "get"),
            ]
        return Card(
            _("Witnesses"),
            note=_("A checkpoint is published when %(least)s of %(active)s witnesses have signed it.")
            % {"least": state.least, "active": state.active},
            columns=witness_columns(),
            rows=state.witnesses,
            empty_title=_("No witness yet"),
            empty_hint=_("Without one, the node alone vouches for its log. Add the audit office's or another body's."),
            actions=buttons,
        )

    def anchors(self) -> Card:
        buttons = []
        if allows(self.actor, P.ANCHOR):
            address = reverse("ledger:add_anchor")
            buttons = [Action(_("Add an anchor"), address, "plus", "outline-primary", "get")]
        return Card(
            _("Anchors"),
            columns=anchor_columns(),
            rows=queries.list_anchors(),
            empty_title=_("No outside chain"),
            empty_hint=_("An anchor posts published checkpoints to a chain that others keep."),
            actions=buttons,
        )


class Checkpoints(ListPage):
    """Every checkpoint this log has signed."""

    title = gettext_lazy("Checkpoints")
    permission = P.VIEW
    order = "-size"
    export_name = "checkpoints"
    empty_title = gettext_lazy("No checkpoint yet")
    empty_hint = gettext_lazy("The worker signs one some seconds after the first recorded act.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.CHECKPOINT_STATES.items())),
        Filter("from", gettext_lazy("From day"), kind="date", field="signed_at__date__gte"),
        Filter("until", gettext_lazy("To day"), kind="date", field="signed_at__date__lte"),
    )
    columns = (
        Column("size", gettext_lazy("Entries"), kind="number", sort="size", link=lambda row: row.get_absolute_url()),
        Column("signed_at", gettext_lazy("Signed"), kind="datetime", sort="signed_at"),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: labels.CHECKPOINT_STATES[row.state],
            kind="badge",
            tone=lambda row: labels.CHECKPOINT_TONES[row.state],
        ),
        Column(
            "witnesses",
            gettext_lazy("Witnesses"),
            value=lambda row: ", ".join(line.witness.title for line in row.cosignatures.all()) or "—",
            phone=False,
        ),
        Column("root", gettext_lazy("Root"), value="root_hex", kind="code", phone=False),
    )

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Ledger"), reverse("ledger:overview"))]

    def queryset(self) -> Any:
        return queries.list_checkpoints()


class CheckpointPage(DetailPage):
    """One checkpoint as its note says it."""

    permission = P.VIEW

    def get_object(self, **kwargs: Any) -> Any:
        return queries.get_checkpoint(kwargs["size"])

    def page_title(self) -> Any:
        return _("Checkpoint of %(size)s entries") % {"size": f"{self.object.size:,}"}

    def crumbs(self) -> list[tuple[Any, str]]:
        return [
            (gettext_lazy("Ledger"), reverse("ledger:overview")),
            (gettext_lazy("Checkpoints"), reverse("ledger:checkpoints")),
        ]

    def state(self, obj: Any) -> tuple[str, str]:
        return str(labels.CHECKPOINT_STATES[obj.state]), labels.CHECKPOINT_TONES[obj.state]

    def facts(self, obj: Any) -> list[tuple[Any, Any]]:
        return [
            (_("Entries"), f"{obj.size:,}"),
            (_("Signed"), when(obj.signed_at)),
            (_("Published"), when(obj.published_at) if obj.published_at else "—"),
        ]

    def cards(self, obj: Any) -> list[Card]:
        columns = (
            Column("witness", _("Witness"), value="witness.title", link=lambda row: row.witness.get_absolute_url()),
            Column("at", _("Signed"), kind="datetime"),
        )
        return [
            Card(_("Signed note"), template="ledger/note.html", values={"note": shown_note(obj)}),
            Card(
                _("Witnesses"),
                columns=columns,
                rows=obj.cosignatures.all(),
                empty_title=_("No witness has signed this checkpoint"),
                empty_hint=_("A newer one may have been signed instead."),
            ),
        ]


class WitnessPage(DetailPage):
    """One witness."""

    permission = P.VIEW
    audit_kind = "ledger.witness"

    def get_object(self, **kwargs: Any) -> Any:
        return queries.get_witness(kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Ledger"), reverse("ledger:overview"))]

    def state(self, obj: Any) -> tuple[str, str]:
        text, tone = labels.witness_badge(obj)
        return str(text), tone

    def actions(self, obj: Witness) -> list[Action]:
        if not allows(self.actor, P.WITNESS):
            return []
        return [
            Action(
                _(step.label),
                reverse(f"ledger:{step.name}", args=[obj.uid]),
                icon,
                style,
                reason=self.reason(obj, step.target),
                confirm=_("Remove this witness?") if step.name == "remove" else "",
            )
            for step, icon, style in zip(
                rules.MACHINE.transitions,
                ("player-pause", "player-play", "x"),
                ("outline-primary", "outline-primary", "outline-danger"),
                strict=True,
            )
            if obj.state in step.sources
        ]

    def reason(self, obj: Witness, target: str) -> str | None:
        if target == WitnessState.ACTIVE or obj.state != WitnessState.ACTIVE:
            return None
        left = sum(row.pk != obj.pk for row in queries.active_witnesses())
        return reason_against(rules.check_enough_left, least=queries.least_witnesses(), active=left)

    def facts(self, obj: Witness) -> list[tuple[Any, Any]]:
        return [
            (_("Name in signatures"), obj.name),
            (_("Address"), obj.url),
            (_("Entries seen"), f"{obj.size:,}"),
            (_("Signed last"), when(obj.seen_at) if obj.seen_at else "—"),
            (_("Failing since"), when(obj.failing_since) if obj.failing_since else "—"),
            (_("Fault"), obj.fault or "—"),
            (_("Added by"), obj.created_by),
        ]

    def cards(self, obj: Witness) -> list[Card]:
        columns = (
            size_column(),
            Column("at", _("Signed"), kind="datetime"),
        )
        rows = obj.cosignatures.select_related("checkpoint").order_by("-at", "-id")[:20]
        return [
            Card(_("Verifier key"), template="ledger/note.html", values={"note": obj.vkey}),
            Card(
                _("Signed last"),
                columns=columns,
                rows=rows,
                empty_title=_("It has signed nothing yet"),
                empty_hint=_("It is asked with the next checkpoint, when it is in use and trusts this log's key."),
            ),
        ]
