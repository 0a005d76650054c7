"""The steps of an entry: buttons, and small forms where a reason is needed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import ActionPage, FormPage, ReasonForm
from quanshu.supply.catalogue import queries, rules, services
from quanshu.supply.catalogue.models import Entry
from quanshu.supply.catalogue.permissions import CataloguePermission as P


class EntryAction(ActionPage):
    """A button on an entry's page."""

    def entry(self) -> Entry:
        return queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def fallback_url(self, **kwargs: Any) -> str:
        return self.entry().get_absolute_url()


class Submit(EntryAction):
    """Send to the bureau for review."""

    permission = P.SUBMIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = services.submit_entry(actor=self.actor, now=self.now, entry=self.entry())
        return _("Submitted. The bureau reviews it next."), entry.get_absolute_url()


class Publish(EntryAction):
    """Publish an entry under review."""

    permission = P.PUBLISH

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = services.publish_entry(actor=self.actor, now=self.now, entry=self.entry())
        return _("Published under the code %(code)s.") % {"code": entry.code}, entry.get_absolute_url()


class Revise(EntryAction):
    """Open the next version of a published or withdrawn entry."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = services.revise_entry(actor=self.actor, now=self.now, entry=self.entry())
        return _("Version %(number)s is open as a draft.") % {"number": entry.version}, entry.get_absolute_url()


class Adopt(EntryAction):
    """Put a draft under the standard in force."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = services.adopt_standard(actor=self.actor, now=self.now, entry=self.entry())
        text = _("The draft now follows version %(number)s of the standard.") % {"number": entry.standard}
        return text, entry.get_absolute_url()


class WithReason(FormPage):
    """A step that needs a reason."""

    form_class = ReasonForm
    step = ""

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("catalogue:entry", args=[self.kwargs["uid"]])

    def entry(self) -> Entry:
        return queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> str:
        return f"{self.title}: {self.entry()}"

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Catalogue"), reverse("catalogue:entries")), (str(self.entry()), self.cancel_url)]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        """A step the state does not allow is refused before anything is typed."""
        rules.check_step(self.entry().state, self.step)
        return {}


class Return(WithReason):
    """Back to the unit, with what is to be corrected."""

    title = gettext_lazy("Return")
    permission = P.PUBLISH
    step = "return"
    submit_label = gettext_lazy("Return")
    success = gettext_lazy("Returned to the unit.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        entry = self.entry()
        services.return_entry(actor=self.actor, now=self.now, entry=entry, reason=form.cleaned_data["reason"])
        return self.cancel_url


class Withdraw(WithReason):
    """Take a published entry out of force."""

    title = gettext_lazy("Take out of force")
    permission = P.WITHDRAW
    step = "withdraw"
    submit_label = gettext_lazy("Take out of force")
    success = gettext_lazy("The entry is out of force.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        entry = self.entry()
        services.withdraw_entry(actor=self.actor, now=self.now, entry=entry, reason=form.cleaned_data["reason"])
        return self.cancel_url
