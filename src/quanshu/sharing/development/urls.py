"""Addresses of development."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.sharing.development import services
from quanshu.sharing.development.pages import documents, health, orders, versions

app_name = "development"
STEPS = (
    ("take", services.take_order, _("Taken. Draft the service, attach it and test it.")),
    ("test", services.try_draft, _("Tested; the outcome stands below.")),
    ("hand-over", services.hand_over, _("Handed over: the asking unit has three working days.")),
    ("accept", services.accept_order, _("Accepted. The bureau may publish it, as it is.")),
)
REASONS = (
    ("send-back", services.send_back, _("Send it back")),
    ("cancel", services.cancel_order, _("Cancel the order")),
)
urlpatterns = [
    path("", orders.Orders.as_view(), name="orders"),
    path("figures/", orders.Figures.as_view(), name="figures"),
    path("new/", orders.Choose.as_view(), name="choose"),
    path("new/<str:uid>/", orders.OpenOrder.as_view(), name="open"),
    path("sandboxes/", documents.Sandboxes.as_view(), name="sandboxes"),
    path("sandboxes/key/", documents.NewKey.as_view(), name="sandbox-key"),
    path("grants/<str:uid>/move/", versions.MoveGrant.as_view(), name="grant-move"),
    path("services/<str:uid>/", documents.DocumentPage.as_view(), name="document"),
    path("services/<str:uid>/document.md", documents.Markdown.as_view(), name="markdown"),
    path("services/<str:uid>/sandbox/", documents.SandboxPage.as_view(), name="sandbox"),
    path("services/<str:uid>/health/", health.Health.as_view(), name="health"),
    path("services/<str:uid>/health/rolls/", health.Rolls.as_view(), name="rolls"),
    path("services/<str:uid>/health/outages/", health.Outages.as_view(), name="outages"),
    path("services/<str:uid>/versions/", versions.Versions.as_view(), name="versions"),
    path("services/<str:uid>/versions/<int:number>/end/", versions.MoveEnd.as_view(), name="version-end"),
    path("<str:uid>/", orders.OrderPage.as_view(), name="order"),
    path("<str:uid>/attach/", orders.Attach.as_view(), name="attach"),
    path("<str:uid>/comment/", orders.AddComment.as_view(), name="comment"),
    path("<str:uid>/files/<str:comment>/", orders.CommentFile.as_view(), name="file"),
    *(
        path(f"<str:uid>/{name}/", orders.OrderStep.as_view(service=service, done=done), name=name)
        for name, service, done in STEPS
    ),
    *(
        path(f"<str:uid>/{name}/", orders.ReasonStep.as_view(service=service, title=title), name=name)
        for name, service, title in REASONS
    ),
]
