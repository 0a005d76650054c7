"""The buttons and short forms of a demand's page: one service function each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import ActionPage, FormPage
from quanshu.sharing.demands import queries, services
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.pages.details import url_of
from quanshu.sharing.demands.pages.forms import PauseForm, WhyForm
from quanshu.sharing.demands.permissions import DemandPermission as P

Write = Callable[..., Demand]


class Step(ActionPage):
    """A step that needs nothing but the button."""

    permission = P.VIEW
    write: ClassVar[Write]
    told: Any = ""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        demand = queries.get_demand(actor=self.actor, uid=kwargs["uid"])
        demand = type(self).write(actor=self.actor, now=self.now, demand=demand)
        return str(self.told), url_of(demand)


class Submit(Step):
    """To the platform."""

    write = staticmethod(services.submit_demand)
    told = gettext_lazy("Submitted. The bureau checks it within 2 working days.")


class Pass(Step):
    """In order; on to the supplier."""

    write = staticmethod(services.check_demand)
    told = gettext_lazy("Passed on. The supplier answers within 5 working days.")


class Confirm(Step):
    """The supplier agrees."""

    write = staticmethod(services.confirm_demand)

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        _text, url = super().perform(**kwargs)
        demand = queries.get_demand(actor=self.actor, uid=kwargs["uid"])
        if demand.state == "in_use":
            return _("Confirmed. A published service carries the fields, so the grant is made."), url
        return _("Confirmed. The service is due within 10 working days."), url


class Grant(Step):
    """On a service published meanwhile."""

    write = staticmethod(services.grant_demand)
    told = gettext_lazy("Granted: exactly the fields, purpose, rate and time asked for.")


class Resume(Step):
    """The clock runs again."""

    write = staticmethod(services.resume_demand)
    told = gettext_lazy("The clock runs again.")


class Why(FormPage):
    """A step that says why."""

    permission = P.VIEW
    form_class = WhyForm
    write: ClassVar[Write]

    def demand(self) -> Demand:
        return queries.get_demand(actor=self.actor, uid=self.kwargs["uid"])

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"subtitle": str(self.demand())}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        reason = form.cleaned_data["reason"]
        demand = type(self).write(actor=self.actor, now=self.now, demand=self.demand(), reason=reason)
        return url_of(demand)


class Return(Why):
    """Back to the requester."""

    title = submit_label = gettext_lazy("Return for correction")
    success = gettext_lazy("Returned to the requester.")
    write = staticmethod(services.return_demand)


class Refuse(Why):
    """By the supplier or the platform."""

    title = submit_label = gettext_lazy("Refuse")
    success = gettext_lazy("Refused; the requester is told the reason.")
    write = staticmethod(services.refuse_demand)


class Contest(Why):
    """The requester puts a refusal before the platform."""

    title = submit_label = gettext_lazy("Ask the platform to decide")
    success = gettext_lazy("The bureau decides within 2 working days.")
    write = staticmethod(services.contest_demand)


class Overrule(Why):
    """The platform decides for sharing."""

    title = submit_label = gettext_lazy("Decide that the data be shared")
    success = gettext_lazy("Decided. The service is due within 10 working days.")
    write = staticmethod(services.overrule_refusal)


class Pause(Why):
    """The clock waits for something."""

    title = submit_label = gettext_lazy("Pause the clock")
    success = gettext_lazy("The clock is paused.")
    form_class = PauseForm

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        found = services.pause_demand(actor=self.actor, now=self.now, demand=self.demand(), **form.cleaned_data)
        return url_of(found)


class Withdraw(Why):
    """The requester no longer asks."""

    title = submit_label = gettext_lazy("Take back")
    success = gettext_lazy("Taken back.")
    write = staticmethod(services.withdraw_demand)


class Close(Why):
    """The use ends."""

    title = submit_label = gettext_lazy("End the use")
    success = gettext_lazy("Closed; the grant is revoked.")
    write = staticmethod(services.close_demand)
