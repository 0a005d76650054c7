"""Addresses of the organisation: signing in, one's own account, units, people, regions, calendar."""

from __future__ import annotations

from django.urls import path

from quanshu.organisation.pages import account, calendar, people, regions, signing_in, units

app_name = "organisation"
urlpatterns = [
    path("sign-in/", signing_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", signing_in.SignOut.as_view(), name="sign-out"),
    path("me/", account.Me.as_view(), name="me"),
    path("me/password/", account.Password.as_view(), name="password"),
    path("me/codes/", account.Codes.as_view(), name="codes"),
    path("me/codes/off/", account.CodesOff.as_view(), name="codes-off"),
    path("me/tokens/new/", account.NewToken.as_view(), name="token-new"),
    path("me/tokens/<int:pk>/revoke/", account.RevokeToken.as_view(), name="token-revoke"),
    path("organisation/", units.Units.as_view(), name="units"),
    path("organisation/units/new/", units.NewUnit.as_view(), name="unit-new"),
    path("organisation/units/<str:uid>/", units.UnitPage.as_view(), name="unit"),
    path("organisation/units/<str:uid>/edit/", units.EditUnit.as_view(), name="unit-edit"),
    path("organisation/units/<str:uid>/close/", units.CloseUnit.as_view(), name="unit-close"),
    path("organisation/units/<str:uid>/appoint/<str:kind>/", units.Appoint.as_view(), name="appoint"),
    path("organisation/units/<str:uid>/end/<str:kind>/", units.EndDuty.as_view(), name="duty-end"),
    path("organisation/units/<str:uid>/people/new/", people.NewPerson.as_view(), name="person-new"),
    path("organisation/units/<str:uid>/programs/new/", people.NewProgram.as_view(), name="program-new"),
    path("organisation/programs/<str:uid>/token/", people.ProgramToken.as_view(), name="program-token"),
    path("organisation/programs/<str:uid>/switch/", people.SwitchProgram.as_view(), name="program-switch"),
    path("organisation/people/", people.People.as_view(), name="people"),
    path("organisation/people/<str:uid>/", people.PersonPage.as_view(), name="person"),
    path("organisation/people/<str:uid>/edit/", people.EditPerson.as_view(), name="person-edit"),
    path("organisation/people/<str:uid>/account/", people.OpenAccount.as_view(), name="account-open"),
    path("organisation/people/<str:uid>/reset/", people.ResetPassword.as_view(), name="account-reset"),
    path("organisation/people/<str:uid>/unlock/", people.Unlock.as_view(), name="account-unlock"),
    path("organisation/people/<str:uid>/active/", people.SetActive.as_view(), name="person-active"),
    path("organisation/people/<str:uid>/roles/", people.GiveRole.as_view(), name="role-give"),
    path("organisation/people/<str:uid>/roles/take/", people.TakeRole.as_view(), name="role-take"),
    path("organisation/gaps/", units.Gaps.as_view(), name="gaps"),
    path("organisation/regions/", regions.Regions.as_view(), name="regions"),
    path("organisation/regions/<str:code>/", regions.RegionPage.as_view(), name="region"),
    path("organisation/roles/", regions.Roles.as_view(), name="roles"),
    path("organisation/roles/set/", regions.SetGrant.as_view(), name="role-set"),
    path("organisation/calendar/", calendar.Calendar.as_view(), name="calendar"),
    path("organisation/calendar/edit/", calendar.EditYear.as_view(), name="calendar-edit"),
]
