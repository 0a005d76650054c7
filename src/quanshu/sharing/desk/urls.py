"""Addresses of the desk's pages, under the name of what they show."""

from __future__ import annotations

from django.urls import path

from quanshu.sharing.desk.pages import applications, grants, limits, lists, reporting, service, statistics, wizard

app_name = "services"
urlpatterns = [
    path("", lists.Services.as_view(), name="services"),
    path("new/", wizard.ChooseEntry.as_view(), name="service-new"),
    path("new/<str:uid>/", wizard.NewService.as_view(), name="service-new-of"),
    path("new/<str:uid>/statistic/", statistics.StatisticEditor.as_view(), name="statistic-new"),
    path("applications/", lists.Consumers.as_view(), name="consumers"),
    path("applications/new/", applications.NewConsumer.as_view(), name="consumer-new"),
    path("applications/<str:uid>/", applications.ConsumerPage.as_view(), name="consumer"),
    path("applications/<str:uid>/rotate/", applications.RotateKey.as_view(), name="consumer-rotate"),
    path("applications/<str:uid>/stop/", applications.StopConsumer.as_view(), name="consumer-stop"),
    path("grants/", lists.Grants.as_view(), name="grants"),
    path("grants/<str:uid>/", grants.GrantPage.as_view(), name="grant"),
    path("grants/<str:uid>/limits/", limits.ChangeLimits.as_view(), name="grant-limits"),
    path("grants/<str:uid>/revoke/", grants.Revoke.as_view(), name="grant-revoke"),
    path("calls/", lists.Exchanges.as_view(), name="exchanges"),
    path("calls/<str:receipt_id>/report/", reporting.ReportCall.as_view(), name="exchange-report"),
    path("calls/<str:receipt_id>/", grants.ExchangePage.as_view(), name="exchange"),
    path("<str:uid>/", service.ServicePage.as_view(), name="service"),
    path("<str:uid>/report/", reporting.ReportService.as_view(), name="service-report"),
    path("<str:uid>/openapi/", service.OpenApiPage.as_view(), name="service-openapi"),
    path("<str:uid>/openapi.json", service.OpenApiJson.as_view(), name="service-openapi-json"),
    path("<str:uid>/edit/", wizard.EditService.as_view(), name="service-edit"),
    path("<str:uid>/statistic/", statistics.EditStatistic.as_view(), name="statistic-edit"),
    path("<str:uid>/review/", wizard.Review.as_view(), name="service-review"),
    path("<str:uid>/publish/", wizard.Publish.as_view(), name="service-publish"),
    path("<str:uid>/revise/", service.Revise.as_view(), name="service-revise"),
    path("<str:uid>/withdraw/", service.Withdraw.as_view(), name="service-withdraw"),
]
