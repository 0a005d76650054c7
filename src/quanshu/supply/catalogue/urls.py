"""Addresses of the catalogue's pages."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.catalogue.pages import (
    entry,
    forms,
    found,
    items,
    listing,
    migration,
    steps,
    versions,
)

app_name = "catalogue"
urlpatterns = [
    path("", listing.Entries.as_view(), name="entries"),
    path("classes/", listing.ClassificationTree.as_view(), name="classification"),
    path("suggest/", found.Suggest.as_view(), name="suggest"),
    path("migration/", migration.Now.as_view(), name="migration-now"),
    path("migration/<str:number>/", migration.Migration.as_view(), name="migration"),
    path("migration/<str:number>/check/", migration.Check.as_view(), name="migration-check"),
    path("new/", forms.NewEntry.as_view(), name="entry-create"),
    path("<str:uid>/", entry.EntryPage.as_view(), name="entry"),
    path("<str:uid>/edit/", forms.EditEntry.as_view(), name="entry-edit"),
    path("<str:uid>/items/", items.EditItems.as_view(), name="entry-items"),
    path("<str:uid>/grades/", items.GradeItems.as_view(), name="entry-grades"),
    path("<str:uid>/versions/", versions.Versions.as_view(), name="entry-versions"),
    path("<str:uid>/standard/", steps.Adopt.as_view(), name="entry-standard"),
    path("<str:uid>/submit/", steps.Submit.as_view(), name="entry-submit"),
    path("<str:uid>/publish/", steps.Publish.as_view(), name="entry-publish"),
    path("<str:uid>/revise/", steps.Revise.as_view(), name="entry-revise"),
    path("<str:uid>/restore/", steps.Revise.as_view(), name="entry-restore"),
    path("<str:uid>/return/", steps.Return.as_view(), name="entry-return"),
    path("<str:uid>/withdraw/", steps.Withdraw.as_view(), name="entry-withdraw"),
]
