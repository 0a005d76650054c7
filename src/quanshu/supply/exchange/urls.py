"""Addresses of the exchange, below those of the catalogue."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.exchange.pages import dcat, imports, tables

app_name = "exchange"
urlpatterns = [
    path("open/dcat.ttl", dcat.OpenCatalogue.as_view(), name="dcat-open"),
    path("dcat/catalogue", dcat.WholeCatalogue.as_view(), name="dcat"),
    path("dcat/catalogue.<str:ending>", dcat.WholeCatalogue.as_view(), name="dcat-file"),
    path("table/", tables.ExportTable.as_view(), name="table"),
    path("table/template/", tables.Template.as_view(), name="template"),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/new/", imports.NewImport.as_view(), name="import-new"),
    path("imports/<str:uid>/", imports.ImportPage.as_view(), name="import"),
    path("imports/<str:uid>/keep/", imports.Keep.as_view(), name="import-keep"),
    path("imports/<str:uid>/discard/", imports.Discard.as_view(), name="import-discard"),
    path("imports/<str:uid>/refused/", imports.RefusedRows.as_view(), name="import-refused"),
    path("<str:uid>/dcat", dcat.OneEntry.as_view(), name="entry-dcat"),
    path("<str:uid>/dcat.<str:ending>", dcat.OneEntry.as_view(), name="entry-dcat-file"),
    path("<str:uid>/table/", tables.EntryTable.as_view(), name="entry-table"),
]
