"""One's account: who is signed in, whom they act for, what they were told."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.notify.api import mark_all_read, notices_of
from quanshu.shared.web.api import Action, ActionPage, Column, Filter, ListPage, Page
from quanshu.sharing.subjects import queries, services
from quanshu.sharing.subjects.models import Subject
from quanshu.sharing.subjects.permissions import SubjectPermission as P


def masked_number(subject: Subject) -> str:
    """A subject's number, all but its ends starred."""
    number = queries.number_of(subject)
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"


class MyAccount(Page):
    """Who is signed in, and for whom they may act."""

    permission = P.SELF
    title = gettext_lazy("My account")
    template_name = "subjects/account.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        own = queries.own_subject(self.actor)
        subjects = list(queries.subjects_for(self.actor, now=self.now))
        acting = self.request.session.get(queries.ACTING, "")
        if acting not in {row.uid for row in subjects}:
            # Never chosen, or its mandate has ended.
            acting = own.uid
        rows = [
            {"subject": row, "number": masked_number(row), "own": row.uid == own.uid, "chosen": row.uid == acting}
            for row in subjects
        ]
        return {"own": own, "rows": rows}


class ActFor(ActionPage):
    """Act for another from now on, or for oneself again."""

    permission = P.SELF

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        own = queries.own_subject(self.actor)
        uid = self.request.POST.get("subject", "") or own.uid
        principal = services.note_acting(actor=self.actor, principal_uid=uid, now=self.now)
        if principal.uid == own.uid:
            self.request.session.pop(queries.ACTING, None)
            return _("You act for yourself."), "/my/"
        self.request.session[queries.ACTING] = principal.uid
        return _("You act for %(name)s now.") % {"name": principal.name}, "/my/"


class Notices(ListPage):
    """What the subject was told."""

    permission = P.SELF
    title = gettext_lazy("Notices")
    search = ("subject", "body")
    search_hint = gettext_lazy("Words of a notice")
    filters = (Filter("since", gettext_lazy("Since"), field="created_at__date__gte", kind="date"),)
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
        return [Action(_("Mark all as read"), reverse("subjects:notices-read"), icon="checks", style="secondary")]


class ReadNotices(ActionPage):
    """Marks the subject's notices as read."""

    permission = P.SELF

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        mark_all_read(actor=self.actor, now=self.now)
        return _("All notices are marked as read."), reverse("subjects:notices")
