"""Residents and enterprises sign in and out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import ActorKind
from quanshu.shared.web.api import PUBLIC, Page, fault_text
from quanshu.sharing.subjects import services
from quanshu.sharing.subjects.pages import labels
from quanshu.sharing.subjects.queries import SESSION
from quanshu.sharing.subjects.types import Pending

PENDING = "subject_sign_in"
HOME = "/my/"


def inside(request: HttpRequest, wanted: str) -> str:
    """Where to go after signing in: only ever within this node."""
    allowed = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if wanted and allowed else HOME


class SignIn(Page):
    """The door of residents and enterprises."""

    permission = PUBLIC
    title = gettext_lazy("Sign in as a resident or an enterprise")
    template_name = "subjects/sign_in.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.actor.kind == ActorKind.RESIDENT:
            return HttpResponseRedirect(inside(request, request.GET.get("next", "")))
        return super().get(request, *args, **kwargs)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"target": inside(self.request, self.request.GET.get("next", ""))}


class Start(Page):
    """On to the identity provider, with what its answer has to match kept in the session."""

    permission = PUBLIC
    title = gettext_lazy("Sign in as a resident or an enterprise")
    template_name = "subjects/sign_in.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        target = inside(request, request.GET.get("next", ""))
        back = request.build_absolute_uri(reverse("subjects:back"))
        try:
            url, pending = services.begin_sign_in(redirect_uri=back, target=target, now=self.now)
        except QuanshuError as fault:
            return self.render({"target": target, "fault": fault_text(fault)}, status=fault.status)
        request.session[PENDING] = pending.kept()
        return HttpResponseRedirect(url)


class Back(Page):
    """Back from the identity provider: the session begins anew under its own key."""

    permission = PUBLIC
    title = gettext_lazy("Sign in as a resident or an enterprise")
    template_name = "subjects/sign_in.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        pending = Pending.read(request.session.pop(PENDING, None))
        target = pending.target if pending else HOME
        try:
            subject = services.finish_sign_in(
                pending=pending,
                answer=request.GET.dict(),
                redirect_uri=request.build_absolute_uri(reverse("subjects:back")),
                address=request.META.get("REMOTE_ADDR", ""),
                now=self.now,
            )
        except QuanshuError as fault:
            why = labels.WHY.get(str(fault.params.get("why", "")), "")
            context = {"target": target, "fault": fault_text(fault), "why": why}
            return self.render(context, status=fault.status)
        # Nothing of who used this browser before goes on, an officer's session least of all.
        request.session.flush()
        request.session[SESSION] = subject.uid
        return HttpResponseRedirect(target)


class SignOut(Page):
    """Ends the session."""

    permission = PUBLIC
    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.actor.kind == ActorKind.RESIDENT:
            services.sign_out(actor=self.actor, now=self.now)
        request.session.flush()
        return HttpResponseRedirect(reverse("subjects:sign-in"))
