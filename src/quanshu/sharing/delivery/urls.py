"""Addresses of delivery."""

from __future__ import annotations

from django.urls import path

from quanshu.sharing.delivery.pages import deliveries, editing, lists

app_name = "delivery"
urlpatterns = [
    path("", lists.Deliveries.as_view(), name="deliveries"),
    path("batches/", lists.Batches.as_view(), name="batches"),
    path("batches/<str:uid>/file/", deliveries.TakeFile.as_view(), name="file"),
    path("new/", lists.ChooseGrant.as_view(), name="new"),
    path("new/<str:uid>/<str:channel>/", editing.NewDelivery.as_view(), name="new-of"),
    path("<str:uid>/", deliveries.DeliveryPage.as_view(), name="delivery"),
    path("<str:uid>/edit/", editing.EditDelivery.as_view(), name="edit"),
    path("<str:uid>/start/", deliveries.Start.as_view(), name="start"),
    path("<str:uid>/whole/", deliveries.Whole.as_view(), name="whole"),
    path("<str:uid>/try/", deliveries.Try.as_view(), name="try"),
    path("<str:uid>/pause/", deliveries.Pause.as_view(), name="pause"),
    path("<str:uid>/resume/", deliveries.Resume.as_view(), name="resume"),
    path("<str:uid>/end/", deliveries.End.as_view(), name="end"),
]
