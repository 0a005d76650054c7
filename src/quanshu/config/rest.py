"""The REST API: one router a room, one error envelope, session or bearer token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, ValidationError
from ninja.security import HttpBearer, SessionAuth

from quanshu import __version__
from quanshu.city.citizen.rest import mine as my_data
from quanshu.city.citizen.rest import router as citizen
from quanshu.city.codes.rest import mine as my_codes
from quanshu.city.codes.rest import router as codes
from quanshu.city.vault.rest import my_router as my_vault
from quanshu.city.vault.rest import router as vault
from quanshu.config.openapi import DocumentedAPI
from quanshu.kernel.errors import Invalid, QuanshuError, Unauthenticated
from quanshu.organisation.api import actor_from_token
from quanshu.organisation.rest import router as organisation
from quanshu.oversight.ledger.rest import mine as my_ledger
from quanshu.oversight.ledger.rest import router as ledger
from quanshu.oversight.monitoring.rest import router as monitoring
from quanshu.oversight.privacy.rest import router as privacy
from quanshu.shared.access.api import ActorKind
from quanshu.shared.web.api import error_response
from quanshu.sharing.bulk.rest import router as bulk
from quanshu.sharing.composition.rest import router as composition
from quanshu.sharing.consent.rest import my_router as my_consent
from quanshu.sharing.consent.rest import router as consent
from quanshu.sharing.delivery.rest import router as delivery
from quanshu.sharing.demands.rest import router as demands
from quanshu.sharing.desk.rest import router as desk
from quanshu.sharing.development.rest import router as development
from quanshu.sharing.emergency.rest import router as emergency
from quanshu.sharing.keys.rest import router as keys
from quanshu.sharing.subjects.rest import mine as my_account
from quanshu.sharing.subjects.rest import router as subjects
from quanshu.supply.assurance.rest import router as assurance
from quanshu.supply.catalogue.rest import router as catalogue
from quanshu.supply.census.rest import router as census
from quanshu.supply.exchange.rest import router as exchange
from quanshu.supply.fusion.rest import router as fusion
from quanshu.supply.hosting.rest import router as hosting
from quanshu.supply.intake.rest import router as intake
from quanshu.supply.inventory.rest import router as inventory
from quanshu.supply.landing.rest import router as landing
from quanshu.supply.libraries.rest import router as libraries
from quanshu.supply.quality.rest import router as quality
from quanshu.supply.registration.rest import router as registration
from quanshu.supply.standards.rest import router as standards
from quanshu.supply.workspaces.rest import router as workspaces


class SignInNeeded(Unauthenticated):
    code = "web.sign_in_needed"
    message = "This address needs a signed-in session or an API token."
    remedy = "Sign in, or send the header “Authorization: Bearer <token>”; tokens are made on your account page."


class BadRequestBody(Invalid):
    code = "web.bad_request_body"
    message = "The request does not fit the documented form: %(faults)s."
    remedy = "Compare the request with /api/v1/docs and correct the fields named."


class TokenAuth(HttpBearer):
    """A service account's or person's API token."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        actor = actor_from_token(f"Bearer {token}")
        if actor is not None:
            request.actor = actor  # type: ignore[attr-defined]
        return actor


class SignedIn(SessionAuth):
    """The browser's session; forms and scripts of ours send the CSRF token."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        actor = getattr(request, "actor", None)
        return actor if actor is not None and actor.uid and actor.kind != ActorKind.RESIDENT else None


class ResidentSignedIn(SessionAuth):
    """A resident's or enterprise's session, for the routers under `/my`."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        actor = getattr(request, "actor", None)
        return actor if actor is not None and actor.kind == ActorKind.RESIDENT else None


api = DocumentedAPI(
    title="Quanshu 泉枢",
    version=__version__,
    description="The control plane's API. Data itself is called through the gateway.",
    auth=[TokenAuth(), SignedIn()],
    docs_url=None,
    urls_namespace="api",
)
for prefix, router in (
    ("organisation", organisation),
    ("standards", standards),
    ("catalogue", catalogue),
    ("catalogue", exchange),
    ("catalogue", landing),
    ("intake", intake),
    ("inventory", inventory),
    ("census", census),
    ("hosting", hosting),
    ("quality", quality),
    ("quality", assurance),
    ("fusion", fusion),
    ("registration", registration),
    ("libraries", libraries),
    ("workspaces", workspaces),
    ("services", desk),
    ("keys", keys),
    ("development", development),
    ("composition", composition),
    ("bulk", bulk),
    ("delivery", delivery),
    ("demands", demands),
    ("emergency", emergency),
    ("subjects", subjects),
    ("consent", consent),
    ("vault", vault),
    ("codes", codes),
    ("citizen", citizen),
    ("privacy", privacy),
    ("ledger", ledger),
    ("monitoring", monitoring),
):
    api.add_router(f"/{prefix}/", router, tags=[prefix])
for prefix, router in (
    ("account", my_account),
    ("data", my_data),
    ("codes", my_codes),
    ("consent", my_consent),
    ("vault", my_vault),
    ("ledger", my_ledger),
):
    api.add_router(f"/my/{prefix}/", router, tags=["my"], auth=[ResidentSignedIn()])


@api.exception_handler(QuanshuError)
def refused(request: HttpRequest, fault: QuanshuError | type[QuanshuError]) -> HttpResponse:
    """A rule said no."""
    return error_response(request, fault if isinstance(fault, QuanshuError) else fault())


@api.exception_handler(AuthenticationError)
def unauthenticated(request: HttpRequest, fault: AuthenticationError | type[AuthenticationError]) -> HttpResponse:
    """No session, no token, or a bad one."""
    return error_response(request, SignInNeeded())


@api.exception_handler(ValidationError)
def misshapen(request: HttpRequest, fault: ValidationError | type[ValidationError]) -> HttpResponse:
    """Fields missing, of the wrong type or unknown."""
    rows = getattr(fault, "errors", [])
    faults = "; ".join(f"{'.'.join(str(part) for part in row['loc'])}: {row['msg']}" for row in rows)
    return error_response(request, BadRequestBody(faults=faults))
