"""Addresses of the portal."""

from __future__ import annotations

from django.urls import path

from quanshu.portal import pages
from quanshu.portal.pages.scrape import metrics

app_name = "portal"
urlpatterns = [
    path("", pages.Cockpit.as_view(), name="cockpit"),
    path("search/", pages.Search.as_view(), name="search"),
    path("todo/", pages.Todo.as_view(), name="todo"),
    path("notices/", pages.Notices.as_view(), name="notices"),
    path("notices/read/", pages.ReadNotices.as_view(), name="read-notices"),
    path("audit/", pages.Audit.as_view(), name="audit"),
    path("audit/<str:uid>/", pages.AuditRow.as_view(), name="audit-row"),
    path("operations/", pages.Operations.as_view(), name="operations"),
    path("operations/jobs/<str:uid>/", pages.JobPage.as_view(), name="job"),
    path("operations/jobs/<str:uid>/retry/", pages.RetryJob.as_view(), name="retry-job"),
    path("statistics/", pages.StatisticsPage.as_view(), name="statistics"),
    path("statistics/figures.json", pages.StatisticsFigures.as_view(), name="statistics-json"),
    path("metrics", metrics, name="metrics"),
    path("about/", pages.About.as_view(), name="about"),
    path("api/docs/", pages.ApiDocs.as_view(), name="api-docs"),
]
