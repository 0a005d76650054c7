"""My to-do and my notices."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import today
from quanshu.shared.notify.api import mark_all_read, notices_of
from quanshu.shared.web.api import Action, ActionPage, Column, Filter, ListPage
from quanshu.shared.workflow.api import todos_for


class Todo(ListPage):
    """Everything that waits for the actor, over all rooms."""

    title = gettext_lazy("My to-do")
    search = ("title",)
    search_hint = gettext_lazy("Title")
    order = "due_on"
    export_name = "todo"
    empty_title = gettext_lazy("Nothing waits for you")
    empty_hint = gettext_lazy("What needs your decision will appear here, the most urgent first.")
    filters = (
        Filter(
            "overdue",
            gettext_lazy("Overdue"),
            choices=[("1", gettext_lazy("Overdue only"))],
            apply=lambda rows, text: rows.filter(due_on__lt=today()),
        ),
    )
    columns = (
        Column("title", gettext_lazy("Title"), link=lambda row: row.url, sort="title"),
        Column("kind", gettext_lazy("Matter"), value=lambda row: row.label),
        Column("due_on", gettext_lazy("Due"), kind="date", sort="due_on"),
        Column(
            "state",
            gettext_lazy("State"),
            kind="badge",
            value=lambda row: _("Overdue") if row.due_on and row.due_on < today() else _("Open"),
            tone=lambda row: "red" if row.due_on and row.due_on < today() else "blue",
        ),
        Column("opened_at", gettext_lazy("Since"), kind="datetime", sort="opened_at", phone=False),
    )

    def queryset(self) -> Any:
        return todos_for(self.actor)


class Notices(ListPage):
    """What the actor was told."""

    title = gettext_lazy("Notices")
    search = ("subject", "body")
    order = "-created_at"
    export_name = "notices"
    empty_title = gettext_lazy("No notices yet")
    empty_hint = gettext_lazy("You will be told here when something of yours moves on.")
    columns = (
        Column("subject", gettext_lazy("Subject"), link=lambda row: row.url),
        Column("body", gettext_lazy("Message"), phone=False),
        Column("created_at", gettext_lazy("When"), kind="datetime", sort="created_at"),
        Column(
            "read",
            gettext_lazy("State"),
            kind="badge",
            value=lambda row: _("Read") if row.read_at else _("New"),
            tone=lambda row: "secondary" if row.read_at else "blue",
        ),
    )

    def queryset(self) -> Any:
        return notices_of(self.actor)

    def actions(self) -> list[Action]:
        return [Action(_("Mark all as read"), "/notices/read/", icon="checks", style="secondary")]


class ReadNotices(ActionPage):
    """Marks the actor's notices as read."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        mark_all_read(actor=self.actor, now=self.now)
        return _("All notices are marked as read."), "/notices/"
