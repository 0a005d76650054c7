"""The resident's own pages: home, my data, one record, uses, download."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.citizen import queries, rules, services
from quanshu.city.citizen.pages import labels
from quanshu.city.citizen.permissions import CitizenPermission as P
from quanshu.city.citizen.types import HeldRecord, UseProof
from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import allows
from quanshu.shared.notify.api import notices_of
from quanshu.shared.web.api import Page, registered
from quanshu.sharing.subjects.api import MandateScope, MandateState, Subject, chosen_subject, list_mandates


class MyPage(Page):
    """A page about the subject that the session acts for; nothing of it is kept by browsers or proxies."""

    permission = P.VIEW
    what = MandateScope.VIEW

    def subject(self) -> Subject:
        """Whom the page is about."""
        return chosen_subject(self.request, now=self.now, what=self.what)

    def render(self, context: Any, *, status: int = 200, template: str = "") -> HttpResponse:
        response = super().render(context, status=status, template=template)
        response["Cache-Control"] = "no-store"
        return response


def themes_of(records: list[HeldRecord]) -> list[tuple[str, list[HeldRecord]]]:
    """Records by theme, in their order."""
    named = sorted(records, key=lambda record: (record.theme, record.library, record.title))
    return [(theme, list(rows)) for theme, rows in groupby(named, key=lambda record: record.theme)]


class Home(MyPage):
    """What waits for one, one's data by theme, and the doors of all that is one's own."""

    title = gettext_lazy("My services")
    template_name = "citizen/home.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        subject = self.subject()
        records = services.view_records(actor=self.actor, subject=subject, now=self.now)
        mine = queries.my_corrections(subject)
        return {
            "subject": subject,
            "other": subject.uid != self.actor.uid,
            "themes": themes_of(records),
            "moving": [(row, labels.STATES[row.state], labels.TONES[row.state], labels.field_title(row))
                       for row in mine.filter(state__in=[*rules.OPEN_STATES, "review"])[:5]],
            "unread": notices_of(self.actor).filter(read_at__isnull=True)[:5],
            "asked": list_mandates(self.actor).filter(state=MandateState.ASKED).count(),
            "doors": self.doors(),
        }  # fmt: skip

    def doors(self) -> list[dict[str, Any]]:
        """The pages of every room that are a resident's own, as the navigation knows them."""
        found = []
        for item in registered():
            if item.group == "mine" and item.key != "my-home" and allows(self.actor, item.permission):
                found.append({"label": item.label, "icon": item.icon, "url": reverse(item.url_name)})
        return found


class MyData(MyPage):
    """What the city holds about one, by theme."""

    title = gettext_lazy("My data")
    subtitle = gettext_lazy("What the city's units hold about you. Every look is recorded.")
    template_name = "citizen/data.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        subject = self.subject()
        records = services.view_records(actor=self.actor, subject=subject, now=self.now)
        return {"subject": subject, "themes": themes_of(records)}


class MyRecord(MyPage):
    """One record, field by field, with source unit and date."""

    template_name = "citizen/record.html"

    def crumbs(self) -> Any:
        return ((_("My data"), reverse("citizen:data")),)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = services.view_records(
            actor=self.actor,
            subject=self.subject(),
            entry_uid=kwargs["entry"],
            record_uid=kwargs["record"],
            now=self.now,
        )
        return {"record": found[0], "title": found[0].title}


class Uses(MyPage):
    """Who used one's data."""

    title = gettext_lazy("Who used my data")
    subtitle = gettext_lazy(
        "Calls, scans and presentations of the last twelve months that told of you, each with its receipt and proof."
    )
    template_name = "citizen/uses.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        uses = services.view_uses(actor=self.actor, subject=self.subject(), now=self.now)
        proofs = queries.proofs_of(uses, now=self.now)
        rows = [(use, labels.USES[use.kind], proofs.get(use.receipt_id)) for use in uses]
        return {"rows": [(use, kind, proof, self.seconds_to(proof)) for use, kind, proof in rows],
                "known": next(iter(proofs.values()), None)}  # fmt: skip

    def seconds_to(self, proof: UseProof | None) -> int:
        """Seconds until a waiting proof can be had, to the full five; 0 when nobody can say."""
        if proof is None or proof.ready_at is None:
            return 0
        return 5 * math.ceil((proof.ready_at - self.now).total_seconds() / 5)


class Download(MyPage):
    """One's data as a signed package."""

    permission = P.DOWNLOAD
    what = MandateScope.DOWNLOAD
    title = gettext_lazy("Download my data")
    template_name = "citizen/download.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"subject": self.subject()}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        package = services.download_data(actor=self.actor, subject=self.subject(), now=self.now)
        response = HttpResponse(package, content_type="application/zip")
        name = f"my-data-{self.now.astimezone(CITY_TZ):%Y%m%d-%H%M}.zip"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response
