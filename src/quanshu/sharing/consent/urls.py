"""Addresses of consent's pages."""

from __future__ import annotations

from django.urls import path

from quanshu.sharing.consent.pages import mine, orders, public, receiver

app_name = "consent"
urlpatterns = [
    path("", receiver.Requests.as_view(), name="requests"),
    path("new/", receiver.Choose.as_view(), name="choose"),
    path("new/<str:uid>/", receiver.Ask.as_view(), name="ask"),
    path("mine/", mine.Mine.as_view(), name="mine"),
    path("mine/<str:uid>/", mine.OwnPage.as_view(), name="own"),
    path("mine/<str:uid>/grant/", mine.GrantPage.as_view(), name="grant"),
    path("mine/<str:uid>/refuse/", mine.RefusePage.as_view(), name="refuse"),
    path("mine/<str:uid>/revoke/", mine.RevokePage.as_view(), name="revoke"),
    path("orders/", orders.Orders.as_view(), name="orders"),
    path("orders/<str:uid>/", orders.OrderPage.as_view(), name="order"),
    path("orders/<str:uid>/end/", orders.EndOrder.as_view(), name="order-end"),
    path("status/<int:number>/", public.StatusList.as_view(), name="status"),
    path("keys/", public.IssuerKey.as_view(), name="keys"),
    path("<str:uid>/", receiver.RequestPage.as_view(), name="request"),
    path("<str:uid>/order/", orders.RecordOrder.as_view(), name="order-new"),
]
