"""A service's page: what it does, how it is called, and a form that calls it."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.gateway.messages import refusals_of
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.masking import Mask, mask_value
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Column,
    DetailPage,
    FormPage,
    Page,
    ReasonForm,
    fault_text,
    reason_against,
    when,
)
from quanshu.sharing.desk.pages.examples import curl_example, java_example, python_example
from quanshu.sharing.desk.pages.facts import known_facts
from quanshu.sharing.desk.pages.labels import (
    GRADE_TONES,
    GRADES,
    MASKS,
    SAMPLES,
    SHAPE_HINTS,
    SHAPES,
    SHARE_TYPES,
    STATE_TONES,
    STATES,
    TYPES,
    answering,
    ask_url,
    edit_url,
    ground_of,
    links_of,
    outcome_label,
    title_of,
)
from quanshu.sharing.desk.pages.trying import GROUP_COLUMNS, MEASURE_COLUMNS, CallForm, shown, try_form
from quanshu.sharing.services.api import (
    Grant,
    Service,
    check_step,
    consent_terms,
    end_of,
    get_service,
    grants_to_try,
    old_versions,
    openapi_of,
    published_spec,
    revise_service,
    try_service,
    withdraw_service,
)
from quanshu.sharing.services.api import ServicePermission as P
from quanshu.supply.assurance.api import AssurancePermission

PROBES_SHOWN = 10
PARAMETER_COLUMNS = (
    Column("name", gettext_lazy("Parameter"), value="name", kind="code"),
    Column("title", gettext_lazy("Title"), value=title_of),
    Column(
        "use",
        gettext_lazy("Used for"),
        value=lambda row: _("Compare") if row["compare"] else _("Search by"),
        phone=False,
    ),
    Column("type", gettext_lazy("Type"), value=lambda row: TYPES.get(row["type"], row["type"]), phone=False),
    Column("required", gettext_lazy("Required"), value=lambda row: _("Yes") if row["required"] else _("No")),
    Column("max", gettext_lazy("Longest"), value="max_length", kind="number", phone=False),
    Column("pattern", gettext_lazy("Pattern"), value="pattern", kind="code", phone=False),
    Column("example", gettext_lazy("Example"), value="example", kind="code"),
)


def leaves(part: dict[str, Any]) -> str:
    """What a mask leaves of a sample that is nobody's value."""
    mask = Mask(part["mask"])
    if mask not in SAMPLES:
        return ""
    return f"{SAMPLES[mask]} → {mask_value(mask, SAMPLES[mask])}" if mask is not Mask.FULL else "***"


FIELD_COLUMNS = (
    Column("name", gettext_lazy("Field"), value="name", kind="code"),
    Column("title", gettext_lazy("Title"), value=title_of),
    Column("type", gettext_lazy("Type"), value=lambda row: TYPES.get(row["type"], row["type"]), phone=False),
    Column(
        "grade",
        gettext_lazy("Grade"),
        value=lambda row: GRADES.get(row["grade"], row["grade"]),
        kind="badge",
        tone=lambda row: GRADE_TONES.get(row["grade"], "secondary"),
    ),
    Column("mask", gettext_lazy("Mask"), value=lambda row: MASKS.get(row["mask"], row["mask"]), phone=False),
    Column("leaves", gettext_lazy("What leaves"), value=leaves),
)
PROBE_COLUMNS = (
    Column("at", gettext_lazy("Time"), kind="datetime"),
    Column(
        "ok",
        gettext_lazy("Outcome"),
        value=lambda row: outcome_label(row.code),
        kind="badge",
        tone=lambda row: "green" if row.ok else "red",
    ),
    Column("took", gettext_lazy("Took, ms"), value=lambda row: round(row.duration_us / 1000, 1), kind="number"),
)
VERSION_COLUMNS = (
    Column("number", gettext_lazy("Version"), kind="number"),
    Column("published_at", gettext_lazy("Published at"), kind="datetime"),
    Column("published_by", gettext_lazy("Published by")),
    Column("ends_on", gettext_lazy("Answers until"), kind="date"),
)
FAULT_COLUMNS = (
    Column("status", gettext_lazy("HTTP status"), value="status", kind="number"),
    Column("code", gettext_lazy("Code"), value="code", kind="code"),
    Column("meaning", gettext_lazy("Meaning"), value="meaning"),
)


def fault_rows(shape: str, *, consent: bool = False) -> list[dict[str, Any]]:
    """What the gateway may refuse a call with."""
    found = refusals_of(shape, consent=consent)
    return [{"status": text[0], "code": code, "meaning": outcome_label(code)} for code, text in found]


def crumbs_to(service: Service | None = None) -> list[tuple[Any, str]]:
    """The way to a service."""
    way: list[tuple[Any, str]] = [(_("Data services"), reverse("services:services"))]
    return [*way, (service.title, service.get_absolute_url())] if service is not None else way


class ServicePage(DetailPage):
    """One service, as documentation that can be tried."""

    permission = P.VIEW
    audit_kind = "services.service"
    template_name = "services/service.html"
    tried: dict[str, Any] | None = None
    try_form: CallForm | None = None

    def get_object(self, **kwargs: Any) -> Service:
        return get_service(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to()

    def page_title(self) -> str:
        return str(self.object.title)

    def state(self, obj: Service) -> tuple[str, str]:
        return str(STATES[obj.state]), STATE_TONES[obj.state]  # type: ignore[index]

    def facts(self, obj: Service) -> list[tuple[Any, Any]]:
        return [
            (_("Service code"), obj.sid),
            (_("Version in force"), obj.served_version),
            (_("Provider"), str(obj.unit)),
            (_("Catalogue entry"), obj.entry.title),
            (_("Resource code"), obj.entry.code),
            (_("Ground"), ground_of(published_spec(obj), lacking=obj.lacks_ground)),
            (_("Published at"), when(obj.published_at)),
            (_("Rows served"), obj.serving_rows),
            (_("Data as of"), when(obj.served_at)),
            (_("Latest check"), answering(obj)[0]),
            (_("Checked at"), when(obj.probed_at)),
            *known_facts(obj),
        ]

    def actions(self, obj: Service) -> list[Action]:
        found = []
        if obj.served_version and allows(self.actor, "demands.demand.submit"):
            found.append(Action(_("Ask for this service"), ask_url(obj), "message-plus", method="get"))
        held = self.actor.unit_uid and Grant.objects.filter(service=obj, consumer__unit__uid=self.actor.unit_uid)
        if held and held.exists() and allows(self.actor, AssurancePermission.REPORT):
            url = reverse("services:service-report", args=[obj.uid])
            found.append(
                Action(_("Report a data problem"), url, "message-report", style="outline-primary", method="get")
            )
        edit, publish = allows(self.actor, P.EDIT, obj), allows(self.actor, P.PUBLISH, obj)
        if edit and obj.state == "draft":
            url = edit_url(obj)
            found.append(Action(_("Edit"), url, "edit", style="outline-primary", method="get"))
        if (edit or publish) and obj.state == "draft":
            url = reverse("services:service-review", args=[obj.uid])
            found.append(Action(_("Review and publish"), url, "checks", style="outline-primary", method="get"))
        if edit and obj.state != "draft":
            url = reverse("services:service-revise", args=[obj.uid])
            reason = reason_against(check_step, obj.state, "revised")
            found.append(Action(_("Open the next version"), url, style="outline-primary", reason=reason))
        if publish and obj.state == "published":
            url = reverse("services:service-withdraw", args=[obj.uid])
            found.append(Action(_("Withdraw"), url, style="outline-danger", method="get"))
        return found

    def detail_context(self, obj: Service) -> dict[str, Any]:
        spec = published_spec(obj)
        held = grants_to_try(actor=self.actor, service=obj, now=self.now).first() if self.actor.unit_uid else None
        may_try = held is not None and allows(self.actor, P.CONSUMER_MANAGE, held.consumer)
        base = settings.QUANSHU_GATEWAY_URL
        return {
            "spec": spec,
            "shape": SHAPES[obj.shape],  # type: ignore[index]
            "shape_hint": SHAPE_HINTS[obj.shape],  # type: ignore[index]
            "share": SHARE_TYPES[obj.entry.share_type],  # type: ignore[index]
            "answering": answering(obj),
            "address": f"{base}/s/{obj.sid}",
            "curl": curl_example(obj.sid, spec, base=base),
            "python": python_example(obj.sid, spec, base=base),
            "parameter_columns": PARAMETER_COLUMNS,
            "field_columns": FIELD_COLUMNS,
            "probe_columns": PROBE_COLUMNS,
            "probes": obj.probes.all()[:PROBES_SHOWN],
            "version_columns": VERSION_COLUMNS,
            "versions": obj.versions.all(),
            "fault_columns": FAULT_COLUMNS,
            "faults": fault_rows(obj.shape, consent=consent_terms(obj).mode == "consent"),
            "grant": held if may_try else None,
            "try_form": self.try_form or try_form(spec),
            "group_columns": GROUP_COLUMNS,
            "measure_columns": MEASURE_COLUMNS,
            "tried": self.tried,
            "links": links_of(obj, may_edit=allows(self.actor, P.EDIT, obj)),
            "java": java_example(obj.sid, spec, base=base),
            "old": [row for row in old_versions(obj) if end_of(row) > self.now],
            "ask": ask_url(obj) if allows(self.actor, "demands.demand.submit") else "",
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Call the service as the person's unit; the answer alone for HTMX, the whole page otherwise."""
        service = self.object = self.get_object(**kwargs)
        spec = published_spec(service)
        form = self.try_form = try_form(spec, request.POST)
        if form.is_valid():
            try:
                answer = try_service(
                    actor=self.actor,
                    now=self.now,
                    service=service,
                    parameters=form.parameters(),
                    case_number=form.cleaned_data["case_number"],
                )
                self.tried = shown(answer, spec)
            except QuanshuError as fault:
                if fault.status in {403, 404}:
                    raise
                self.tried = {"fault": fault_text(fault)}
        else:
            self.tried = {"fault": _("A value is too long.")}
        if getattr(request, "htmx", False):
            return self.render({"tried": self.tried}, template="services/answer.html")
        return self.get(request, *args, **kwargs)


class OpenApiJson(Page):
    """The OpenAPI document, for programs."""

    permission = P.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        service = get_service(actor=self.actor, uid=kwargs["uid"])
        number = request.GET.get("version", "")
        found = openapi_of(
            service,
            server=settings.QUANSHU_GATEWAY_URL,
            version=int(number) if number.isascii() and number.isdigit() else 0,
            now=self.now,
        )
        return JsonResponse(found, json_dumps_params={"ensure_ascii": False, "indent": 2})


class OpenApiPage(Page):
    """The OpenAPI document, for people."""

    permission = P.VIEW
    template_name = "services/openapi.html"
    title = gettext_lazy("OpenAPI document")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        service = get_service(actor=self.actor, uid=kwargs["uid"])
        found = openapi_of(service, server=settings.QUANSHU_GATEWAY_URL)
        path, methods = next(iter(found["paths"].items()))
        operation = methods["post"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
        return {
            "service": service,
            "document": found,
            "path": path,
            "operation": operation,
            "security": list(found["components"]["securitySchemes"].values()),
            "body": properties(body),
            "answer": properties(answer),
            "responses": operation["responses"],
            "text": json.dumps(found, ensure_ascii=False, indent=2),
            "crumbs": crumbs_to(service),
        }


def properties(schema: dict[str, Any], prefix: str = "") -> list[dict[str, Any]]:
    """A schema's properties as rows, those inside objects and lists below their own."""
    rows: list[dict[str, Any]] = []
    required = set(schema.get("required", ()))
    for name, part in schema.get("properties", {}).items():
        limits = [f"{key}: {part[key]}" for key in ("format", "maxLength", "pattern") if key in part]
        inner = part.get("items", part)
        if "enum" in inner:
            limits.append(" | ".join(map(str, inner["enum"])))
        rows.append(
            {
                "name": f"{prefix}{name}",
                "type": part.get("type", ""),
                "required": name in required,
                "description": part.get("description", ""),
                "limits": limits,
            }
        )
        rows += properties(inner, f"{prefix}{name}[]." if part.get("type") == "array" else f"{prefix}{name}.")
    return rows


class Revise(ActionPage):
    """Open the next version as a draft."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        service = get_service(actor=self.actor, uid=kwargs["uid"])
        service = revise_service(actor=self.actor, now=self.now, service=service)
        text = _("Version %(number)s is open as a draft; the one in force goes on answering.")
        return text % {"number": service.version}, edit_url(service)


class Withdraw(FormPage):
    """Stop a service, with the reason."""

    title = gettext_lazy("Withdraw the service")
    subtitle = gettext_lazy(
        "Gateways refuse its calls within a second. Grants stay, and hold again if it is republished."
    )
    permission = P.PUBLISH
    form_class = ReasonForm
    submit_label = gettext_lazy("Withdraw")
    success = gettext_lazy("The service is withdrawn.")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"crumbs": crumbs_to(get_service(actor=self.actor, uid=kwargs["uid"]))}

    def save(self, form: Any, **kwargs: Any) -> str:
        service = get_service(actor=self.actor, uid=kwargs["uid"])
        reason = form.cleaned_data["reason"]
        withdraw_service(actor=self.actor, now=self.now, service=service, reason=reason)
        return service.get_absolute_url()
