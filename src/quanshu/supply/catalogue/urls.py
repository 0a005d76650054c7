"""Addresses of the catalogue's pages."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.catalogue.pages import entry, forms, lists

app_name = "catalogue"
urlpatterns = [
    path("", lists.Entries.as_view(), name="entries"),
    path("classes/", lists.Classes.as_view(), name="classes"),
    path("new/", forms.NewEntry.as_view(), name="entry-new"),
    path("<str:uid>/", entry.EntryPage.as_view(), name="entry"),
    path("<str:uid>/edit/", forms.EditEntry.as_view(), name="entry-edit"),
    path("<str:uid>/items/", forms.EditItems.as_view(), name="entry-items"),
    path("<str:uid>/grades/", forms.GradeItems.as_view(), name="entry-grades"),
    path("<str:uid>/versions/", entry.Versions.as_view(), name="entry-versions"),
    path("<str:uid>/submit/", entry.Submit.as_view(), name="entry-submit"),
    path("<str:uid>/publish/", entry.Publish.as_view(), name="entry-publish"),
    path("<str:uid>/revise/", entry.Revise.as_view(), name="entry-revise"),
    path("<str:uid>/return/", forms.Return.as_view(), name="entry-return"),
    path("<str:uid>/withdraw/", forms.Withdraw.as_view(), name="entry-withdraw"),
]
