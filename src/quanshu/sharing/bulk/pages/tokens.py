"""Profiles: made, shown once and taken away, ended."""

from __future__ import annotations

import base64
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import NotFound, QuanshuError
from quanshu.shared.web.api import Form, FormPage, put_fault_on_form
from quanshu.sharing.bulk import queries, services
from quanshu.sharing.bulk.models import BulkGrant
from quanshu.sharing.bulk.permissions import BulkPermission as P
from quanshu.sharing.bulk.types import BulkState, GrantNotFound
from quanshu.sharing.services.api import Consumer


class TokenForm(Form):
    """How long a token holds."""

    days = forms.IntegerField(
        label=gettext_lazy("Valid for, days"),
        min_value=1,
        max_value=366,
        initial=90,
        help_text=gettext_lazy("Tokens made before hold for seven more days, so that readers can change over."),
    )


def grant_of(page: Any, consumer_uid: str) -> BulkGrant:
    """The newest grant of an application, which its profile page goes back to."""
    rows = queries.list_bulk(page.actor).filter(consumer__uid=consumer_uid)
    found = rows.filter(state=BulkState.ACTIVE).first() or rows.first()
    if found is None:
        raise GrantNotFound(grant=consumer_uid)
    return found


class NewToken(FormPage):
    """Make a token; the answer holds its profile, and no cache may keep it."""

    title = gettext_lazy("Make a profile")
    permission = P.TOKEN
    form_class = TokenForm
    submit_label = gettext_lazy("Make it and show it")

    def crumbs(self) -> list[tuple[Any, str]]:
        grant = grant_of(self, self.kwargs["uid"])
        return [(_("Bulk sharing"), reverse("bulk:grants")), (grant.table_name, grant.get_absolute_url())]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"subtitle": grant_of(self, self.kwargs["uid"]).consumer.title}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        grant = grant_of(self, kwargs["uid"])
        form: Any = self.get_form(**kwargs)
        if not form.is_valid():
            return self.render({"form": form, **self.context(**kwargs)}, status=422)
        try:
            consumer = Consumer.objects.get(pk=grant.consumer_id)
            days = form.cleaned_data["days"]
            token, text = services.make_token(actor=self.actor, consumer=consumer, days=days, now=self.now)
        except NotFound:
            raise
        except QuanshuError as fault:
            put_fault_on_form(form, fault)
            return self.render({"form": form, **self.context(**kwargs)}, status=fault.status)
        profile = services.profile_of(token, text)
        context = {
            "grant": grant,
            "token": token,
            "profile": profile,
            "file": f"{consumer.rid}.share",
            "data": base64.b64encode(profile.encode()).decode("ascii"),
            "title": _("The profile of %(application)s") % {"application": consumer.title},
        }
        response = self.render(context, template="bulk/profile.html")
        response["Cache-Control"] = "no-store"
        return response


class RevokeToken(FormPage):
    """End a token."""

    title = gettext_lazy("Revoke the token")
    permission = P.TOKEN
    form_class = Form
    submit_label = gettext_lazy("Revoke")
    success = gettext_lazy("The token is revoked; reads under it are refused within a second.")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        token = queries.get_token(actor=self.actor, uid=self.kwargs["uid"])
        return {"subtitle": f"{token.consumer.title} …{token.hint}"}

    def save(self, form: Any, **kwargs: Any) -> str:
        token = queries.get_token(actor=self.actor, uid=self.kwargs["uid"])
        services.revoke_token(actor=self.actor, token=token, now=self.now)
        return grant_of(self, token.consumer.uid).get_absolute_url()
