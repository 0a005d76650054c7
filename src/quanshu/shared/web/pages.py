"""Page classes: what a room's `pages/` builds on.

Every page names the permission that opens it; `PUBLIC` pages need no sign-in. A page only reads the
request, calls one query or service function, and renders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy
from django.views import View

from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.errors import FieldError, FieldErrors, QuanshuError, fill
from quanshu.shared.access.api import Actor, ActorKind, require
from quanshu.shared.audit.api import history
from quanshu.shared.web.cards import Card
from quanshu.shared.web.forms import ReasonForm
from quanshu.shared.workflow.api import clocks_of

if TYPE_CHECKING:
    from datetime import datetime

    from django import forms

PUBLIC = "public"
SIGNED_IN = ""


def fault_text(fault: QuanshuError) -> str:
    """Fault and remedy as one message in the reader's language."""
    body = fault.as_dict(gettext)
    return " ".join(part for part in (body["message"], body["remedy"]) if part)


def kept_fault(error: Mapping[str, Any] | None) -> tuple[str, str]:
    """(fault, remedy) of a refusal kept as `QuanshuError.as_dict`, in the reader's language; empty without one."""
    said = error or {}
    fault, remedy = (
        fill(gettext(said[part]), said.get("params", {})) if said.get(part) else "" for part in ("message", "remedy")
    )
    return fault, remedy


def field_fault_text(error: FieldError) -> str:
    """What is wrong with a field and what to do, as one message in the reader's language."""
    return " ".join(fill(gettext(part), error.params) for part in (error.fault, error.remedy) if part)


@dataclass(frozen=True, slots=True)
class Action:
    """A button on an object's page. `reason` says why it cannot be used now; None means it can."""

    label: str
    url: str
    icon: str = ""
    style: str = "primary"
    method: str = "post"
    reason: str | None = None
    confirm: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def reason_against(check: Callable[..., Any], *args: Any, **kwargs: Any) -> str | None:
    """Ask a rule the page's way: None when `check` passes, else the text of its refusal."""
    try:
        check(*args, **kwargs)
    except QuanshuError as fault:
        return fault_text(fault)
    return None


class Page(View):
    """A page with a template. Subclasses set `permission`, `title`, `template_name` and `context`."""

    permission: ClassVar[str] = SIGNED_IN
    title: Any = ""
    subtitle: Any = ""
    template_name: str = ""

    request: HttpRequest

    @property
    def actor(self) -> Actor:
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        return actor

    @property
    def now(self) -> datetime:
        return clock_now()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.permission != PUBLIC:
            actor = getattr(request, "actor", None)
            if actor is None or not actor.uid:
                return self.ask_to_sign_in(request)
            if self.permission:
                require(actor, self.permission)
            elif actor.kind == ActorKind.RESIDENT:
                # Pages for whoever is signed in are an officer's; a resident's name their right.
                return HttpResponseRedirect(settings.QUANSHU_RESIDENT_HOME)
        return super().dispatch(request, *args, **kwargs)

    def ask_to_sign_in(self, request: HttpRequest) -> HttpResponse:
        target = request.get_full_path() if request.method == "GET" else "/"
        mine = request.path.startswith(settings.QUANSHU_RESIDENT_HOME)
        door = settings.QUANSHU_RESIDENT_SIGN_IN if mine else settings.LOGIN_URL
        url = f"{door}?{urlencode({'next': target})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        """Values for the template; `kwargs` are the URL's parts."""
        return {}

    def page_title(self) -> Any:
        return self.title

    def crumbs(self) -> Sequence[tuple[Any, str]]:
        """(label, url) pairs that lead here from the top."""
        return ()

    def render(self, context: Mapping[str, Any], *, status: int = 200, template: str = "") -> HttpResponse:
        full = {
            "page": self,
            "title": self.page_title(),
            "subtitle": self.subtitle,
            "crumbs": self.crumbs(),
            **context,
        }
        return render(self.request, template or self.template_name, full, status=status)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.render(self.context(**kwargs))


class DetailPage(Page):
    """An object's page: state, facts, clocks, history and next steps.

    `get_object` must read through `visible_to`, so that what may not be seen is not found.
    `audit_kind` names the object's kind in the audit trail, and turns the history panel on. `moving_part` is the id and
    the template of a part that asks for itself while it changes.
    """

    template_name = "web/detail.html"
    audit_kind: ClassVar[str] = ""
    moving_part: ClassVar[tuple[str, str]] = ("", "")

    def get_object(self, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} names no object")

    def actions(self, obj: Any) -> Sequence[Action]:
        """Buttons, allowed or not; the reason comes from the same `check_*` the write raises."""
        return ()

    def facts(self, obj: Any) -> Sequence[tuple[Any, Any]]:
        """(label, value) pairs for the facts card."""
        return ()

    def state(self, obj: Any) -> tuple[str, str] | None:
        """(label, tone) of the state badge; tone is one of green, blue, orange, red, secondary."""
        return None

    def cards(self, obj: Any) -> Sequence[Card]:
        """The page's main column."""
        return ()

    def detail_context(self, obj: Any) -> dict[str, Any]:
        """Values a subclass's template needs beyond the common ones."""
        return {}

    def page_title(self) -> Any:
        return self.title or str(getattr(self, "object", ""))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        obj = self.object = self.get_object(**kwargs)
        context: dict[str, Any] = {"object": obj, "state": self.state(obj)}
        part, template = self.moving_part
        if part and request.headers.get("HX-Target") == part:
            return self.render({**context, **self.detail_context(obj)}, template=template)
        context |= {"facts": self.facts(obj), "actions": self.actions(obj), "cards": self.cards(obj)}
        if self.audit_kind:
            context["history"] = history(self.audit_kind, str(obj.uid))[:50]
            context["clocks"] = clocks_of(self.audit_kind, str(obj.uid))
        return self.render({**context, **self.detail_context(obj)})


class FormPage(Page):
    """A page with one form. `save` calls one service function and returns where to go next."""

    template_name = "web/form_page.html"
    form_class: ClassVar[type[forms.Form]]
    submit_label: Any = gettext_lazy("Save")
    success: Any = gettext_lazy("Saved.")
    cancel_url: str = ""

    def get_form(self, **kwargs: Any) -> forms.Form:
        data = self.request.POST if self.request.method == "POST" else None
        files = self.request.FILES if self.request.method == "POST" else None
        return self.form_class(data, files, initial=self.initial(**kwargs), **self.form_kwargs(**kwargs))

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {}

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        raise NotImplementedError(f"{type(self).__name__} saves nothing")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.render({"form": self.get_form(**kwargs), **self.context(**kwargs)})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(**kwargs)
        if form.is_valid():
            try:
                url = self.save(form, **kwargs)
            except QuanshuError as fault:
                put_fault_on_form(form, fault)
                return self.render({"form": form, **self.context(**kwargs)}, status=fault.status)
            if self.success:
                messages.success(request, str(self.success))
            return go_to(request, url)
        return self.render({"form": form, **self.context(**kwargs)}, status=422)


class ActionPage(Page):
    """POST only: one button. `perform` calls one service function, returns (message, url)."""

    http_method_names = ["post", "options"]

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        raise NotImplementedError(f"{type(self).__name__} does nothing")

    def fallback_url(self, **kwargs: Any) -> str:
        """Where to go back to after a refusal: the page the button was on, when it is one of ours."""
        back = self.request.headers.get("Referer", "")
        allowed = url_has_allowed_host_and_scheme(back, allowed_hosts={self.request.get_host()})
        return back if back and allowed else "/"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            text, url = self.perform(**kwargs)
        except QuanshuError as fault:
            if fault.status in {403, 404}:
                raise
            messages.error(request, fault_text(fault))
            return go_to(request, self.fallback_url(**kwargs))
        if text:
            messages.success(request, text)
        return go_to(request, url)


class OfSubject:
    """What a step moves: `read` finds it, through `visible_to`; `service` takes it under the name `subject`."""

    subject: ClassVar[str]
    read: Any = None
    service: Any = None

    def get_subject(self, uid: str) -> Any:
        """The object the address names."""
        return self.read(actor=self.actor, uid=uid)  # type: ignore[attr-defined]


class StepPage(OfSubject, ActionPage):
    """A button of an object's page: one service function."""

    done: Any = ""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        found = self.get_subject(kwargs["uid"])
        self.service(actor=self.actor, now=self.now, **{self.subject: found})
        return str(self.done), found.get_absolute_url()


class ReasonStepPage(OfSubject, FormPage):
    """A step that needs a reason."""

    form_class = ReasonForm

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        found = self.get_subject(self.kwargs["uid"])
        self.service(actor=self.actor, now=self.now, reason=form.cleaned_data["reason"], **{self.subject: found})
        return str(found.get_absolute_url())


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect a browser, or tell HTMX to."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def put_fault_on_form(form: forms.Form, fault: QuanshuError) -> None:
    """Show a refusal on the form: beside its fields where the fault names them, else above."""
    if isinstance(fault, FieldErrors):
        for error in fault.errors:
            text = field_fault_text(error)
            if error.field in form.fields:
                form.add_error(error.field, text)
            else:
                form.add_error(None, f"{error.field}: {text}")
        return
    form.add_error(None, fault_text(fault))
