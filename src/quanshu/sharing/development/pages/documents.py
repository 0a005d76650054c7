"""Documentation of a service as a page and as a Markdown file; its sandbox, and the keys for it."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from quanshu.gateway.sandbox import DAILY, RATE
from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, Form, FormPage, Page, put_fault_on_form, when
from quanshu.sharing.desk.api import named, title_of
from quanshu.sharing.development import queries, services
from quanshu.sharing.development.models import SandboxKey, SandboxVersion
from quanshu.sharing.development.pages.document import examples, markdown_of, narrowed, sections_of
from quanshu.sharing.development.permissions import DevelopmentPermission as P
from quanshu.sharing.development.types import DocumentNotFound
from quanshu.sharing.services.api import Consumer, Service, ServicePermission, get_service, list_services

LANGUAGES = ("zh-hans", "en")


def service_of(page: Page, uid: str) -> Service:
    """The service of the address; a draft of another unit that stands in an order the reader sees is found as well."""
    try:
        return get_service(actor=page.actor, uid=uid)
    except QuanshuError:
        order = queries.list_orders(page.actor).filter(Q(service__uid=uid) | Q(service__sid=uid)).first()
        if order is None or order.service is None:
            raise
        return Service.objects.select_related("unit", "entry__unit").get(pk=order.service.pk)


def crumbs_to(service: Service) -> list[tuple[Any, str]]:
    """The way to a service."""
    return [(_("Data services"), reverse("services:services")), (service.title, service.get_absolute_url())]


class DocumentPage(Page):
    """Everything a developer needs to know of a service, searchable within."""

    permission = ServicePermission.VIEW
    template_name = "development/document.html"
    title = gettext_lazy("Documentation")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        service = service_of(self, kwargs["uid"])
        words = self.request.GET.get("q", "").strip()[:100]
        sections = sections_of(service)
        markdown = reverse("development:markdown", args=[service.uid])
        return {
            "service": service,
            "title": service.title,
            "subtitle": _("Documentation"),
            "crumbs": crumbs_to(service),
            "words": words,
            "sections": narrowed(sections, words) if words else sections,
            "all": sections,
            "actions": [
                Action("Markdown 中文", f"{markdown}?language=zh-hans", "download", "outline-primary", "get"),
                Action("Markdown English", f"{markdown}?language=en", "download", "outline-primary", "get"),
                Action("OpenAPI JSON", reverse("services:service-openapi-json", args=[service.uid]), "download",
                       "outline-primary", "get"),
            ],
        }  # fmt: skip


class Markdown(Page):
    """The documentation as one file, in either language."""

    permission = ServicePermission.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        service = service_of(self, kwargs["uid"])
        language = request.GET.get("language", LANGUAGES[0])
        if language not in LANGUAGES:
            raise DocumentNotFound(service=f"{service.sid} ({language[:20]})")
        with override(language):
            text = markdown_of(service)
        answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{service.sid}.{language}.md"'
        return answer


class SandboxPage(Page):
    """One service's sandbox: keys that exist, rows, limits, faults, how to switch to production."""

    permission = ServicePermission.VIEW
    template_name = "development/sandbox.html"
    title = gettext_lazy("Sandbox")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        service = service_of(self, kwargs["uid"])
        found = queries.sandbox_of(service)
        keys = [key for key in queries.example_keys(found) if key]
        path = f"/sandbox/{service.sid}" + (f"/v{found.number}" if found.draft else "")
        rows = queries.example_rows(found)
        parts = [*found.spec["parameters"], *found.spec["fields"]]
        titles = {part["column"]: title_of(part) for part in parts}
        # By name and not by path: a composite's columns have a dot in them.
        columns = [Column(name, titles.get(name, name), value=itemgetter(name)) for name in (rows[0] if rows else {})]
        names = list(keys[0]) if keys else []
        uses = [use for use in queries.sandbox_uses() if use.sid == service.sid]
        return {
            "service": service,
            "crumbs": crumbs_to(service),
            "subtitle": service.title,
            "found": found,
            "address": f"{settings.QUANSHU_GATEWAY_URL}{path}",
            "key_columns": [Column(name, named(parts, [name]), value=name, kind="code") for name in names],
            "keys": keys,
            "columns": columns,
            "rows": rows,
            "limits": {"rate": RATE, "day": DAILY, "rows": 1000},
            "calls": uses[0].calls if uses else 0,
            "examples": examples(service, found.spec, path=path, body=keys[0] if keys else None),
            "first": next(iter(keys[0]), "") if keys else "",
            "ask": reverse("demands:choose") if allows(self.actor, "demands.demand.submit") else "",
            "actions": self.buttons(),
        }

    def buttons(self) -> list[Action]:
        if not allows(self.actor, P.SANDBOX):
            return []
        return [Action(_("Get a sandbox key"), reverse("development:sandbox-key"), "key", method="get")]


class Sandboxes(Page):
    """Every service with a sandbox, the reader's keys, and how much it is used."""

    permission = ServicePermission.VIEW
    template_name = "web/cards.html"
    title = gettext_lazy("Sandbox")
    subtitle = gettext_lazy("Build against synthetic data of the same shape, before anything is granted.")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        seen = list_services(self.actor)
        versions = SandboxVersion.objects.filter(service__in=seen).select_related("service__unit")
        uses = {use.sid: use for use in queries.sandbox_uses()}
        columns = (
            Column("service", _("Service"), value=lambda row: row.service.title,
                   link=lambda row: reverse("development:sandbox", args=[row.service.uid])),
            Column("sid", _("Service code"), value="service.sid", kind="code", phone=False),
            Column("version", _("Version"), value=lambda row: f"v{row.number}"),
            Column("kind", _("Kind"), value=lambda row: _("Draft under test") if row.draft else _("Published")),
            Column("calls", _("Calls"), value=lambda row: uses[row.service.sid].calls if row.service.sid in uses else 0,
                   kind="number"),
        )  # fmt: skip
        cards = [
            Card(_("Services in the sandbox"), columns=columns, rows=versions.order_by("service__sid", "-number"),
                 empty_title=_("No service is in the sandbox yet"),
                 empty_hint=_("A service stands here as soon as it is published.")),
        ]  # fmt: skip
        if allows(self.actor, P.SANDBOX):
            cards.append(self.key_card())
        return {"cards": cards}

    def key_card(self) -> Card:
        """The sandbox keys of the reader's unit, and what each has used today."""
        keys = SandboxKey.objects.filter(consumer__unit__uid=self.actor.unit_uid or "").select_related("consumer")
        columns = (
            Column("consumer", _("Application"), value="consumer.title"),
            Column("rid", _("Requester id"), value="consumer.rid", kind="code"),
            Column("made", _("Made at"), value=lambda row: when(row.made_at), phone=False),
            Column("until", _("Valid until"), value="not_after", kind="date"),
            Column("today", _("Calls today"), value=lambda row: queries.used_today(row.consumer.rid, now=self.now),
                   kind="number"),
        )  # fmt: skip
        more = (reverse("development:sandbox-key"), _("Get a sandbox key"))
        hint = _("Every application of your unit gets one at once.")
        return Card(_("Sandbox keys of your unit"), columns=columns, rows=keys, more=more,
                    empty_title=_("No sandbox key yet"), empty_hint=hint)  # fmt: skip


class KeyForm(Form):
    """For which application."""

    consumer = forms.ChoiceField(label=gettext_lazy("Application"))

    def __init__(self, *args: Any, consumers: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(row.uid, f"{row.title} ({row.rid})") for row in consumers]
        self.fields["consumer"].choices = choices  # type: ignore[attr-defined]


class NewKey(FormPage):
    """Give an application a sandbox key; the secret is shown in the answer alone."""

    title = gettext_lazy("Get a sandbox key")
    subtitle = gettext_lazy("It is given at once, holds for 180 days, and replaces the one before.")
    permission = P.SANDBOX
    form_class = KeyForm
    submit_label = gettext_lazy("Give the key")

    def consumers(self) -> Any:
        return Consumer.objects.visible_to(self.actor).filter(active=True, unit__uid=self.actor.unit_uid or "")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"consumers": self.consumers()}

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Sandbox"), reverse("development:sandboxes"))]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(**kwargs)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        consumer = self.consumers().get(uid=form.cleaned_data["consumer"])
        try:
            secret = services.issue_sandbox_key(actor=self.actor, now=self.now, consumer=consumer)
        except QuanshuError as fault:
            put_fault_on_form(form, fault)
            return self.render({"form": form}, status=fault.status)
        values = {"consumer": consumer, "secret": secret, "gateway": settings.QUANSHU_GATEWAY_URL}
        answer = self.render(values, template="development/key.html")
        answer["Cache-Control"] = "no-store"
        return answer
