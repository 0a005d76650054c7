"""Addresses of registration."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.supply.registration import services
from quanshu.supply.registration.pages import applications as pages
from quanshu.supply.registration.pages import drafting, materials, public

app_name = "registration"
STEPS = (
    ("submit", services.submit_application, _("Submitted.")),
    ("withdraw", services.withdraw_application, _("Withdrawn.")),
    ("accept", services.accept_transfer, _("The transfer is accepted; the review begins.")),
    ("pass", services.pass_application, _("The material review begins.")),
    ("publish", services.publish_application, _("The application is public.")),
    ("conclude", services.conclude_application, _("Concluded.")),
)
REASONS = (
    ("decline", services.decline_transfer, _("Decline the transfer")),
    ("return", services.return_application, _("Give back to be completed")),
    ("refuse", services.refuse_application, _("Refuse the application")),
)
urlpatterns = [
    path("", pages.Applications.as_view(), name="applications"),
    path("figures/", pages.Figures.as_view(), name="figures"),
    path("new/", drafting.Choose.as_view(), name="choose"),
    path("new/<str:uid>/", drafting.ApplyFirst.as_view(), name="apply"),
    path("publicity/", public.Publicity.as_view(), name="publicity"),
    path("publicity/<str:uid>/", public.Object.as_view(), name="object"),
    path("verify/", public.Verify.as_view(), name="verify"),
    path("keys/", public.Keys.as_view(), name="keys"),
    path("c/<str:number>/<str:code>/", public.CertificatePage.as_view(), name="certificate"),
    path("c/<str:number>/<str:code>/file/", public.CertificateFile.as_view(), name="file"),
    path("certificates/<str:number>/<str:kind>/", drafting.ApplyFurther.as_view(), name="further"),
    path("objections/<str:uid>/", pages.ObjectionPage.as_view(), name="objection"),
    path("applications/<str:uid>/", pages.ApplicationPage.as_view(), name="application"),
    path("applications/<str:uid>/change/", drafting.ChangeApplication.as_view(), name="change"),
    path("applications/<str:uid>/materials/", materials.Attach.as_view(), name="attach"),
    path("applications/<str:uid>/materials/judge/", materials.Judge.as_view(), name="judge"),
    path("applications/<str:uid>/materials/<str:material>/", materials.MaterialFile.as_view(), name="material"),
    path("applications/<str:uid>/materials/<str:material>/remove/", materials.Remove.as_view(), name="remove"),
    *(
        path(
            f"applications/<str:uid>/{name}/",
            pages.Step.as_view(service=service, done=done),
            name=name,
        )
        for name, service, done in STEPS
    ),
    *(
        path(
            f"applications/<str:uid>/{name}/",
            pages.ReasonStep.as_view(service=service, title=title),
            name=name,
        )
        for name, service, title in REASONS
    ),
]
