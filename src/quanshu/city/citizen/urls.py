"""Addresses of the resident's portal, and of units and bureau that answer to it."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.city.citizen import services
from quanshu.city.citizen.pages import checking, handling, mine, reporting

app_name = "citizen"
STEPS = (
    ("accept", services.accept_correction, _("Accepted. Correct the record at its source.")),
    ("land", services.land_proposed, _("Landed and corrected; the resident and the receivers have been told.")),
    ("confirm", services.confirm_corrected, _("Corrected; the resident and the receivers have been told.")),
)
WITH_REASONS = (
    ("reject", handling.WithReasons, services.reject_correction, _("Reject the report")),
    ("overturn", handling.BureauReasons, services.overturn_rejection, _("The unit shall correct it")),
    ("uphold", handling.BureauReasons, services.uphold_rejection, _("The value stands")),
)
urlpatterns = [
    path("my/", mine.Home.as_view(), name="home"),
    path("my/data/", mine.MyData.as_view(), name="data"),
    path("my/data/<str:entry>/<str:record>/", mine.MyRecord.as_view(), name="record"),
    path("my/data/<str:entry>/<str:record>/<str:column>/report/", reporting.ReportError.as_view(), name="report"),
    path("my/corrections/", reporting.MyCorrections.as_view(), name="my-corrections"),
    path("my/corrections/<str:uid>/", reporting.MyCorrection.as_view(), name="my-correction"),
    path("my/corrections/<str:uid>/withdraw/", reporting.Withdraw.as_view(), name="withdraw"),
    path("my/corrections/<str:uid>/review/", reporting.AskReview.as_view(), name="ask-review"),
    path("my/corrections/<str:uid>/evidence/<str:proof>/", reporting.MyEvidence.as_view(), name="my-evidence"),
    path("my/uses/", mine.Uses.as_view(), name="uses"),
    path("my/download/", mine.Download.as_view(), name="download"),
    path("my/verify/", checking.VerifyPackage.as_view(), name="verify"),
    path("my/keys/", checking.Keys.as_view(), name="keys"),
    path("corrections/", handling.Corrections.as_view(), name="corrections"),
    path("corrections/figures/", handling.Figures.as_view(), name="figures"),
    path("corrections/<str:uid>/", handling.CorrectionPage.as_view(), name="correction"),
    path("corrections/<str:uid>/reveal/", handling.Reveal.as_view(), name="reveal"),
    path("corrections/<str:uid>/evidence/<str:proof>/", handling.UnitEvidence.as_view(), name="evidence"),
    *(
        path(
            f"corrections/<str:uid>/{name}/",
            handling.Step.as_view(service=service, done=done),
            name=name,
        )
        for name, service, done in STEPS
    ),
    *(
        path(
            f"corrections/<str:uid>/{name}/",
            page.as_view(service=service, title=title, submit_label=title),
            name=name,
        )
        for name, page, service, title in WITH_REASONS
    ),
]
