"""Addresses of hosting."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.supply.hosting import services
from quanshu.supply.hosting.pages import agreements, changes, drafting, rows

app_name = "hosting"
STEPS = (
    ("propose", services.propose_agreement, _("Proposed to the platform.")),
    ("withdraw", services.withdraw_agreement, _("Withdrawn.")),
    ("accept", services.accept_agreement, _("In force: rows may be edited from now on.")),
    ("confirm", services.confirm_return, _("Confirmed. The proof says what is kept and what is deleted.")),
)
REASONS = (
    ("return", services.return_agreement, _("Give the proposal back")),
    ("end", services.end_agreement, _("End the agreement")),
)
CHANGE_STEPS = (
    ("approve", services.approve_change, _("Approved and written.")),
    ("undo", services.undo_change, _("Undone: the row holds what it held before.")),
)
urlpatterns = [
    path("", agreements.Agreements.as_view(), name="agreements"),
    path("figures/", agreements.Figures.as_view(), name="figures"),
    path("new/", drafting.Choose.as_view(), name="choose"),
    path("new/<str:uid>/", drafting.DraftAgreement.as_view(), name="draft"),
    path("changes/", changes.Changes.as_view(), name="changes"),
    path("changes/<str:uid>/", changes.ChangePage.as_view(), name="change-page"),
    path("changes/<str:uid>/refuse/", changes.RefuseChange.as_view(), name="refuse"),
    *(
        path(f"changes/<str:uid>/{name}/", changes.ChangeStep.as_view(service=service, done=done), name=name)
        for name, service, done in CHANGE_STEPS
    ),
    path("<str:uid>/", agreements.AgreementPage.as_view(), name="agreement"),
    path("<str:uid>/change/", drafting.ChangeAgreement.as_view(), name="change"),
    path("<str:uid>/renew/", agreements.Renew.as_view(), name="renew"),
    path("<str:uid>/take-back/", agreements.TakeBack.as_view(), name="take-back"),
    path("<str:uid>/proof/", agreements.Proof.as_view(), name="proof"),
    path("<str:uid>/rows/", rows.Rows.as_view(), name="rows"),
    path("<str:uid>/rows/add/", rows.AddRow.as_view(), name="add"),
    path("<str:uid>/rows/upload/", rows.Upload.as_view(), name="upload"),
    path("<str:uid>/rows/<str:token>/", rows.RowPage.as_view(), name="row"),
    path("<str:uid>/rows/<str:token>/edit/", rows.EditRow.as_view(), name="edit"),
    path("<str:uid>/rows/<str:token>/delete/", rows.DeleteRow.as_view(), name="delete"),
    *(
        path(f"<str:uid>/{name}/", agreements.AgreementStep.as_view(service=service, done=done), name=name)
        for name, service, done in STEPS
    ),
    *(
        path(f"<str:uid>/{name}/", agreements.ReasonStep.as_view(service=service, title=title), name=name)
        for name, service, title in REASONS
    ),
]
