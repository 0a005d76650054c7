"""Addresses of fusion."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.supply.fusion import services
from quanshu.supply.fusion.pages import editing, identities, reviews, runs, schemes, trained

app_name = "fusion"
STEPS = (
    ("submit", services.submit_scheme, _("The scheme is under review.")),
    ("enforce", services.enforce_scheme, _("In force. Run it to follow it.")),
)
urlpatterns = [
    path("", schemes.Schemes.as_view(), name="schemes"),
    path("new/", editing.NewScheme.as_view(), name="new"),
    path("runs/", runs.Runs.as_view(), name="runs"),
    path("runs/<str:uid>/", runs.RunPage.as_view(), name="run"),
    path("models/<str:uid>/", trained.ModelPage.as_view(), name="model"),
    path("reviews/", reviews.Reviews.as_view(), name="reviews"),
    path("reviews/<str:uid>/", reviews.ReviewPage.as_view(), name="review"),
    path("reviews/<str:uid>/answer/", reviews.Answer.as_view(), name="review-answer"),
    path("reviews/<str:uid>/reveal/", reviews.RevealReview.as_view(), name="review-reveal"),
    path("decisions/", reviews.Decisions.as_view(), name="decisions"),
    path("decisions/<str:uid>/", reviews.DecisionPage.as_view(), name="decision"),
    path("decisions/<str:uid>/undo/", reviews.UndoDecision.as_view(), name="decision-undo"),
    path("search/", identities.Search.as_view(), name="search"),
    path("identities/<str:uid>/", identities.IdentityPage.as_view(), name="identity"),
    path("identities/<str:uid>/reveal/", identities.RevealIdentity.as_view(), name="identity-reveal"),
    path("identities/<str:uid>/merge/", identities.Merge.as_view(), name="merge"),
    path("identities/<str:uid>/split/", identities.Split.as_view(), name="split"),
    path("schemes/<str:uid>/", schemes.SchemePage.as_view(), name="scheme"),
    path("schemes/<str:uid>/edit/", editing.EditScheme.as_view(), name="edit"),
    path("schemes/<str:uid>/return/", editing.ReturnScheme.as_view(), name="return"),
    path("schemes/<str:uid>/schedule/", editing.ScheduleScheme.as_view(), name="schedule"),
    path("schemes/<str:uid>/run/", schemes.StartRun.as_view(), name="run-start"),
    path("schemes/<str:uid>/train/", schemes.StartRun.as_view(cause="trained"), name="train"),
    *(
        path(f"schemes/<str:uid>/{name}/", schemes.Step.as_view(service=service, done=done), name=name)
        for name, service, done in STEPS
    ),
]
