"""Addresses of the web process: pages of each room, the API, and the language switch."""

from __future__ import annotations

from django.urls import include, path

from quanshu.city.vault.urls import well_known
from quanshu.config.rest import api

handler404 = "quanshu.shared.web.errors.page_not_found"
handler500 = "quanshu.shared.web.errors.server_fault"

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", api.urls),
    path("", include("quanshu.organisation.urls")),
    path("standards/", include("quanshu.supply.standards.urls")),
    # Before the catalogue, whose last addresses take any word.
    path("catalogue/", include("quanshu.supply.exchange.urls")),
    path("catalogue/", include("quanshu.supply.landing.urls")),
    path("catalogue/", include("quanshu.supply.catalogue.urls")),
    path("intake/", include("quanshu.supply.intake.urls")),
    path("inventory/", include("quanshu.supply.inventory.urls")),
    path("census/", include("quanshu.supply.census.urls")),
    path("hosting/", include("quanshu.supply.hosting.urls")),
    path("quality/", include("quanshu.supply.assurance.urls")),
    path("quality/", include("quanshu.supply.quality.urls")),
    path("registration/", include("quanshu.supply.registration.urls")),
    path("fusion/", include("quanshu.supply.fusion.urls")),
    path("libraries/", include("quanshu.supply.libraries.urls")),
    path("workspaces/", include("quanshu.supply.workspaces.urls")),
    path("keys/", include("quanshu.sharing.keys.urls")),
    path("development/", include("quanshu.sharing.development.urls")),
    path("composition/", include("quanshu.sharing.composition.urls")),
    path("services/", include("quanshu.sharing.desk.urls")),
    path("bulk/", include("quanshu.sharing.bulk.urls")),
    path("delivery/", include("quanshu.sharing.delivery.urls")),
    path("demands/", include("quanshu.sharing.demands.urls")),
    path("emergency/", include("quanshu.sharing.emergency.urls")),
    path("", include("quanshu.sharing.subjects.urls")),
    path("consent/", include("quanshu.sharing.consent.urls")),
    path("vault/", include("quanshu.city.vault.urls")),
    # Where a verifier looks for an issuer's keys (SD-JWT VC, 5).
    path(".well-known/jwt-vc-issuer/vault/issuers/", include(well_known)),
    path("codes/", include("quanshu.city.codes.urls")),
    path("", include("quanshu.city.citizen.urls")),
    path("privacy/", include("quanshu.oversight.privacy.urls")),
    path("ledger/", include("quanshu.oversight.ledger.urls")),
    path("monitoring/", include("quanshu.oversight.monitoring.urls")),
    path("", include("quanshu.portal.urls")),
]
