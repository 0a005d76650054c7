"""Why can I not see or use this: the stages, the first that fails, its owner, and what to do next."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import Page
from quanshu.supply.catalogue.api import CataloguePermission, demand_link, marked_title
from quanshu.supply.landing.queries.stages import Answer, walk

TONES = {
    Answer.PASSED: ("check", "green", gettext_lazy("Passed")),
    Answer.NOTED: ("info-circle", "blue", gettext_lazy("Note")),
    Answer.FAILED: ("x", "red", gettext_lazy("Ends here")),
}


class Why(Page):
    """Asked by the address of an entry, or by what is typed: a name, a resource code or an identifier."""

    permission = CataloguePermission.VIEW
    title = gettext_lazy("Why can I not see or use this?")
    subtitle = gettext_lazy("The stages from the catalogue to your application, and who can help at each")
    template_name = "landing/why.html"

    def crumbs(self) -> Any:
        return ((_("Catalogue"), reverse("catalogue:entries")),)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        text = kwargs.get("uid") or self.request.GET.get("q", "").strip()
        if not text:
            return {"q": "", "walk": None}
        walked = walk(actor=self.actor, text=text, now=self.now)
        rows = [(stage, *TONES[stage.answer]) for stage in walked.stages]
        return {
            "q": walked.entry.code if walked.entry else self.request.GET.get("q", ""),
            "walk": walked,
            "rows": rows,
            "ends_at": walked.ends_at,
            "offered": [(hit.entry, marked_title(hit.entry)) for hit in walked.offered],
            "demand": demand_link(self.request),
        }
