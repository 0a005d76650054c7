"""Outside chains: how each stands, and the end of one."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.ledger import queries
from quanshu.oversight.ledger.models import Anchor
from quanshu.oversight.ledger.permissions import LedgerPermission as P
from quanshu.oversight.ledger.services.chains import TITLES
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, DetailPage, when


def anchor_columns() -> tuple[Column, ...]:
    """Columns of outside chains."""
    return (
        Column("title", gettext_lazy("Outside chain"), link=lambda row: row.get_absolute_url()),
        Column("place", gettext_lazy("Place on the chain"), kind="code", phone=False),
        Column("posts", gettext_lazy("Posted last"), value=last_post),
        Column(
            "active",
            gettext_lazy("State"),
            value=anchor_state,
            kind="badge",
            tone=anchor_tone,
        ),
    )


def last_post(anchor: Anchor) -> str:
    """Size and time of what was posted last."""
    post = next(iter(queries.latest_posts(anchor)[:1]), None)
    if post is None:
        return str(_("nothing yet"))
    return str(_("%(size)s entries, %(at)s") % {"size": f"{post.checkpoint.size:,}", "at": when(post.at)})


def anchor_state(anchor: Anchor) -> Any:
    """In use, stopped, or what goes wrong."""
    if not anchor.active:
        return _("stopped")
    return anchor.fault or _("in use")


def anchor_tone(anchor: Anchor) -> str:
    """The colour of that."""
    if not anchor.active:
        return "secondary"
    return "red" if anchor.fault else "green"


def size_column() -> Column:
    """How many entries the checkpoint of a row has."""
    return Column(
        "size",
        gettext_lazy("Entries"),
        value=lambda row: row.checkpoint.size,
        kind="number",
        link=lambda row: row.checkpoint.get_absolute_url(),
    )


class AnchorPage(DetailPage):
    """One outside chain and what was posted to it."""

    permission = P.VIEW
    audit_kind = "ledger.anchor"

    def get_object(self, **kwargs: Any) -> Anchor:
        return queries.get_anchor(kwargs["uid"])

    def page_title(self) -> str:
        return str(self.object.title)

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Ledger"), reverse("ledger:overview"))]

    def state(self, obj: Anchor) -> tuple[str, str]:
        return str(anchor_state(obj)), anchor_tone(obj)

    def actions(self, obj: Anchor) -> list[Action]:
        if not obj.active or not allows(self.actor, P.ANCHOR):
            return []
        sure = _("Nothing more is posted to this chain from then on; what was posted stands. Stop it?")
        url = reverse("ledger:stop_anchor", args=[obj.uid])
        return [Action(_("Stop"), url, "player-stop", "outline-danger", confirm=sure)]

    def facts(self, obj: Anchor) -> list[tuple[Any, Any]]:
        return [
            (_("Kind"), _(TITLES.get(obj.kind, obj.kind))),
            (_("Place on the chain"), obj.place),
            (_("Minutes between two posts"), obj.minutes),
            (_("Fault"), obj.fault or "—"),
            (_("Added by"), obj.created_by),
            (_("Added at"), when(obj.created_at)),
        ]

    def cards(self, obj: Anchor) -> list[Card]:
        columns = (
            size_column(),
            Column("at", _("Posted"), kind="datetime"),
            Column("reference", _("Reference on the chain"), kind="code", phone=False),
        )
        return [
            Card(
                _("Posted last"),
                columns=columns,
                rows=queries.latest_posts(obj),
                empty_title=_("Nothing is posted yet"),
                empty_hint=_("The next published checkpoint is posted within five minutes."),
            )
        ]
