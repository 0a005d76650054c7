"""Addresses of emergencies."""

from __future__ import annotations

from django.urls import path

from quanshu.sharing.emergency.pages import declare, duty, emergencies, reports, requests

app_name = "emergency"
urlpatterns = [
    path("", emergencies.Emergencies.as_view(), name="emergencies"),
    path("declare/", declare.Declare.as_view(), name="declare"),
    path("duty/", duty.DutyList.as_view(), name="duty"),
    path("duty/new/", duty.AddDuty.as_view(), name="duty-new"),
    path("duty/<str:uid>/", duty.ChangeDuty.as_view(), name="duty-change"),
    path("duty/<str:uid>/remove/", duty.RemoveDuty.as_view(), name="duty-remove"),
    path("alerts/", duty.Alerts.as_view(), name="alerts"),
    path("alerts/<str:uid>/acknowledge/", duty.Acknowledge.as_view(), name="acknowledge"),
    path("demands/<str:uid>/", requests.RequestPage.as_view(), name="request"),
    path("demands/<str:uid>/give-back/", requests.GiveBack.as_view(), name="give-back"),
    path("demands/<str:uid>/judge/", requests.Judge.as_view(), name="judge"),
    path("<str:uid>/", emergencies.EmergencyPage.as_view(), name="emergency"),
    path("<str:uid>/ask/", requests.ChooseEntry.as_view(), name="choose"),
    path("<str:uid>/ask/<str:entry>/", requests.Ask.as_view(), name="ask"),
    path("<str:uid>/extend/", emergencies.Extend.as_view(), name="extend"),
    path("<str:uid>/end/", emergencies.End.as_view(), name="end"),
    path("<str:uid>/close/", emergencies.Close.as_view(), name="close"),
    path("<str:uid>/report/", reports.Report.as_view(), name="report"),
    path("<str:uid>/grants/", reports.Grants.as_view(), name="grants"),
]
