"""Addresses of the inventory."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.supply.inventory import services
from quanshu.supply.inventory.pages import asset_forms, assets, gaps, graph, imports, suppliers

app_name = "inventory"
urlpatterns = [
    path("", assets.Assets.as_view(), name="assets"),
    path("new/<str:kind>/", asset_forms.NewAsset.as_view(), name="new"),
    path("graph/", graph.Graph.as_view(), name="graph"),
    path("template/", imports.Template.as_view(), name="template"),
    path("export/", imports.Export.as_view(), name="export"),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/new/", imports.NewImport.as_view(), name="import_new"),
    path("imports/<str:uid>/", imports.ImportPage.as_view(), name="import"),
    path("gaps/", gaps.Gaps.as_view(), name="gaps"),
    path("gaps/<str:uid>/", gaps.GapPage.as_view(), name="gap"),
    path("gaps/<str:uid>/plan/", gaps.PlanGap.as_view(), name="plan"),
    path("gaps/<str:uid>/accept/", gaps.AcceptGap.as_view(), name="accept"),
    path(
        "gaps/<str:uid>/begin/",
        gaps.GapStep.as_view(service=services.begin_gap, done=_("The work has begun.")),
        name="begin",
    ),
    path(
        "gaps/<str:uid>/reopen/",
        gaps.GapStep.as_view(service=services.reopen_gap, done=_("The gap is open again.")),
        name="reopen",
    ),
    path("suppliers/", suppliers.Companies.as_view(), name="companies"),
    path("suppliers/new/", suppliers.NewCompany.as_view(), name="company_new"),
    path("suppliers/<str:uid>/", suppliers.CompanyPage.as_view(), name="company"),
    path("suppliers/<str:uid>/change/", suppliers.ChangeCompany.as_view(), name="company_change"),
    path("suppliers/<str:uid>/record/", suppliers.FileRecord.as_view(), name="record"),
    path("suppliers/<str:uid>/delist/", suppliers.DelistCompany.as_view(), name="delist"),
    path("suppliers/<str:uid>/relist/", suppliers.RelistCompany.as_view(), name="relist"),
    path("assets/<str:uid>/", assets.AssetPage.as_view(), name="asset"),
    path("assets/<str:uid>/change/", asset_forms.ChangeAsset.as_view(), name="change"),
    path("assets/<str:uid>/retire/", asset_forms.RetireAsset.as_view(), name="retire"),
    path("assets/<str:uid>/restore/", asset_forms.RestoreAsset.as_view(), name="restore"),
    path("assets/<str:uid>/link/", asset_forms.LinkAsset.as_view(), name="link"),
    path("assets/<str:uid>/unlink/<str:other>/", asset_forms.UnlinkAsset.as_view(), name="unlink"),
]
