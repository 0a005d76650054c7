"""Development orders: the list, one with its steps, its forms."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import get_unit, list_units
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    Page,
    ReasonStepPage,
    StepPage,
    reason_against,
    state_column,
    when,
)
from quanshu.sharing.desk.api import GRADE_TONES, GRADES, MASKS, TYPES, title_of
from quanshu.sharing.development import queries, rules, services
from quanshu.sharing.development.models import Order
from quanshu.sharing.development.pages import labels
from quanshu.sharing.development.permissions import DevelopmentPermission as P
from quanshu.sharing.development.types import OrderData, OrderState
from quanshu.sharing.services.api import get_service, told_by
from quanshu.supply.catalogue.api import get_entry, items_of, list_entries


def crumbs_to(order: Order | None = None) -> list[tuple[Any, str]]:
    """The way to an order."""
    way: list[tuple[Any, str]] = [(_("Development orders"), reverse("development:orders"))]
    return [*way, (str(order), order.get_absolute_url())] if order is not None else way


class Orders(ListPage):
    """Every order the actor may see."""

    title = gettext_lazy("Development orders")
    subtitle = gettext_lazy("Services that the platform builds and the asking unit accepts before they are published.")
    permission = P.VIEW
    search = ("number", "title", "unit__name", "entry__resource_name", "builder_name")
    search_hint = gettext_lazy("Number, title, unit or builder")
    order = "-created"
    export_name = "development-orders"
    empty_title = gettext_lazy("No development order yet")
    empty_hint = gettext_lazy("A demand that no service covers opens one; the bureau may open one by hand.")
    filters = (Filter("state", gettext_lazy("State"), choices=list(labels.STATES.items()), field="state"),)
    columns = (
        Column("number", gettext_lazy("Number"), sort="number", link=Order.get_absolute_url),
        Column("title", gettext_lazy("Title"), sort="title"),
        Column("unit", gettext_lazy("Asking unit"), value=lambda row: str(row.unit), sort="unit__name"),
        Column("entry", gettext_lazy("Catalogue entry"), value=lambda row: row.entry.title, phone=False),
        Column("builder", gettext_lazy("Builder"), value="builder_name", sort="builder_name", phone=False),
        Column("sent_back", gettext_lazy("Sent back"), kind="number", sort="sent_back", phone=False),
        Column("due", gettext_lazy("Due"), value="due_on", kind="date", sort="due_on"),
        Column("created", gettext_lazy("Opened at"), value="created_at", kind="datetime", sort="created_at",
               phone=False),
        state_column(labels.STATES, labels.TONES, sort="state"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_orders(self.actor)

    def actions(self) -> list[Action]:
        figures = Action(_("Figures"), reverse("development:figures"), "chart-bar", "outline-primary", "get")
        if not allows(self.actor, P.OPEN):
            return [figures]
        return [Action(_("Open an order"), reverse("development:choose"), "plus", method="get"), figures]


class Figures(Page):
    """How far the orders came."""

    title = gettext_lazy("Figures of unified development")
    permission = P.VIEW
    template_name = "web/cards.html"

    def crumbs(self) -> Any:
        return crumbs_to()

    def context(self, **kwargs: Any) -> dict[str, Any]:
        told = queries.order_figures()
        facts = [
            (_("Orders"), str(told.total)),
            (_("Under way"), str(told.open)),
            (_("Accepted by the asking unit"), str(told.accepted)),
            (_("Published"), str(told.published)),
            (_("Cancelled"), str(told.cancelled)),
            (_("Accepted at the first handing over"), f"{told.accepted_at_once} / {told.handed}"),
            (_("Built in time"), f"{told.built_on_time} / {told.built}"),
        ]
        return {"cards": [Card(_("Orders so far"), facts=facts)]}


class OrderPage(DetailPage):
    """One order."""

    permission = P.VIEW
    audit_kind = queries.KIND
    # One row a field of the draft.
    draft_columns = (
        Column("name", gettext_lazy("Field"), value="name", kind="code"),
        Column("title", gettext_lazy("Title"), value=title_of),
        Column("type", gettext_lazy("Type"), value=lambda row: TYPES.get(row["type"], row["type"]), phone=False),
        Column("grade", gettext_lazy("Grade"), value=lambda row: GRADES.get(row.get("grade"), ""), kind="badge",
               tone=lambda row: GRADE_TONES.get(row.get("grade"), "secondary"), phone=False),
        Column("mask", gettext_lazy("Mask"), value=lambda row: MASKS.get(row.get("mask"), "")),
    )  # fmt: skip
    check_columns = (
        Column("code", gettext_lazy("What is tried"), value=lambda row: labels.check_label(row["code"])),
        Column("ok", gettext_lazy("Outcome"), value=lambda row: _("Passed") if row["ok"] else _("Failed"),
               kind="badge", tone=lambda row: "green" if row["ok"] else "red"),
        Column("seen", gettext_lazy("What the gateway answered"), value="seen", kind="code", phone=False),
    )  # fmt: skip

    def get_object(self, **kwargs: Any) -> Order:
        return queries.get_order(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to()

    def state(self, obj: Order) -> tuple[str, str]:
        return str(labels.STATES[obj.state]), labels.TONES[obj.state]

    def facts(self, obj: Order) -> list[tuple[Any, Any]]:
        return [
            (_("Number"), obj.number),
            (_("Asking unit"), str(obj.unit)),
            (_("Catalogue entry"), obj.entry.title),
            (_("Data of"), str(obj.entry.unit)),
            (_("Builder"), obj.builder_name),
            (_("Opened by"), obj.created_by),
            (_("Opened at"), when(obj.created_at)),
            (_("Tested at"), when(obj.tested_at)),
            (_("Handed over at"), when(obj.handed_at)),
            (_("Times sent back"), obj.sent_back),
            (_("Accepted by"), obj.accepted_by),
            (_("Published at"), when(obj.published_at)),
        ]

    def actions(self, obj: Order) -> list[Action]:
        build = allows(self.actor, P.BUILD, queries.platform_unit())
        accept, cancel = allows(self.actor, P.ACCEPT, obj), allows(self.actor, P.OPEN)
        found: list[Action] = []
        if build and obj.state == OrderState.OPEN:
            found.append(Action(_("Take the order"), self.url("take", obj), "hand-grab"))
        if build and obj.state == OrderState.BUILDING:
            found += self.building(obj)
        if accept and obj.state == OrderState.READY:
            digest = rules.digest_of(obj.service.spec) if obj.service else ""
            reason = reason_against(rules.check_accept, state=obj.state, passed=obj.passed_digest, digest=digest)
            found.append(Action(_("Accept"), self.url("accept", obj), "check", "success", reason=reason))
            found.append(Action(_("Send back"), self.url("send-back", obj), "arrow-back-up", "outline-danger", "get"))
        if cancel and obj.state in rules.BINDING:
            found.append(Action(_("Cancel the order"), self.url("cancel", obj), "x", "outline-danger", "get"))
        return found

    def building(self, obj: Order) -> list[Action]:
        """Draft, attach, test, hand over: each says why it cannot be done yet."""
        service = obj.service
        reason = reason_against(
            rules.check_hand,
            state=obj.state,
            attached=service is not None,
            passed=obj.passed_digest,
            digest=rules.digest_of(service.spec) if service else "",
            told=told_by(service) if service else (),
            asked=obj.fields,
        )
        new = reverse("services:service-new-of", args=[obj.entry.uid])
        return [
            Action(_("Draft a service"), new, "pencil", "outline-primary", "get"),
            Action(_("Attach a draft"), self.url("attach", obj), "paperclip", "outline-primary", "get"),
            Action(_("Test in the sandbox"), self.url("test", obj), "flask", "outline-primary",
                   reason=None if service else _("Attach a draft first.")),
            Action(_("Hand over for acceptance"), self.url("hand-over", obj), "send", reason=reason),
        ]  # fmt: skip

    def url(self, name: str, obj: Order) -> str:
        return reverse(f"development:{name}", args=[obj.uid])

    def cards(self, obj: Order) -> list[Card]:
        titles = {item.name: item.title for item in items_of(obj.entry)}
        wanted = "、".join(titles.get(name, name) for name in obj.fields)
        facts = [(_("Items it must tell of"), wanted)]
        if obj.reason:
            facts.append((_("Last reason given"), obj.reason))
        demand = (reverse("demands:demand", args=[obj.demand_uid]), _("Open the demand")) if obj.demand_uid else None
        found = [Card(_("What is asked for"), note=obj.wanted, facts=facts, more=demand)]
        if obj.service is not None:
            found += self.draft_cards(obj)
        said = {"comments": queries.comments_of(obj), "order": obj}
        may_speak = allows(self.actor, P.BUILD, queries.platform_unit()) or allows(self.actor, P.ACCEPT, obj)
        form = CommentForm() if may_speak else None
        values = {**said, "form": form}
        return [*found, Card(_("Comments"), template="development/comments.html", values=values)]

    def draft_cards(self, obj: Order) -> list[Card]:
        """The draft as it stands, and what its test in the sandbox saw."""
        service = obj.service
        assert service is not None  # noqa: S101
        parts = [*service.spec["parameters"], *service.spec["fields"]]
        facts = [(_("Service code"), service.sid), (_("Version"), obj.version)]
        more = (reverse("development:sandbox", args=[service.uid]), _("Try it in the sandbox")) if obj.checks else None
        return [
            Card(_("The draft"), facts=facts, columns=self.draft_columns, rows=parts, more=more),
            Card(
                _("Sandbox test"),
                columns=self.check_columns,
                rows=obj.checks,
                empty_title=_("Not tested yet"),
                empty_hint=_("The test calls the draft over synthetic rows and looks at every answer."),
            ),
        ]


class Choose(ListPage):
    """Which entry the service is to be of."""

    title = gettext_lazy("Open an order: choose the entry")
    permission = P.OPEN
    search = ("resource_name", "name_en", "code", "unit__name")
    search_hint = gettext_lazy("Name, code or unit")
    order = "name"
    empty_title = gettext_lazy("No published entry may be shared yet")
    empty_hint = gettext_lazy("Publish an entry in the catalogue first.")
    columns = (
        Column("name", gettext_lazy("Name"), value="title", sort="resource_name",
               link=lambda row: reverse("development:open", args=[row.uid])),
        Column("code", gettext_lazy("Resource code"), kind="code", sort="code", phone=False),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return list_entries(self.actor).filter(published_version__isnull=False)


class OrderForm(Form):
    """A new order."""

    unit = forms.ChoiceField(label=gettext_lazy("Asking unit"), help_text=gettext_lazy("It accepts what is built."))
    title = forms.CharField(label=gettext_lazy("Title"), max_length=100)
    wanted = forms.CharField(
        label=gettext_lazy("What it is for"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    fields_asked = forms.MultipleChoiceField(
        label=gettext_lazy("Items it must tell of"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, units: Any = (), items: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [(unit.uid, str(unit)) for unit in units]  # type: ignore[attr-defined]
        self.fields["fields_asked"].choices = [(item.name, item.title) for item in items]  # type: ignore[attr-defined]


class OpenOrder(FormPage):
    """Open an order by hand."""

    title = gettext_lazy("Open a development order")
    permission = P.OPEN
    form_class = OrderForm
    success = gettext_lazy("Opened. A builder of the platform takes it within two working days.")

    def entry(self) -> Any:
        return get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"units": list_units(self.actor).active().exclude(kind="platform"), "items": items_of(self.entry())}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"subtitle": self.entry().title, "crumbs": crumbs_to()}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        data = OrderData(given["title"], tuple(given["fields_asked"]), given["wanted"])
        unit = get_unit(actor=self.actor, uid=given["unit"])
        return services.open_order(
            actor=self.actor, now=self.now, entry=self.entry(), unit=unit, data=data
        ).get_absolute_url()


class OfOrder:
    """What a step moves."""

    permission: ClassVar[str] = P.VIEW
    subject: ClassVar[str] = "order"

    def get_subject(self, uid: str) -> Order:
        return queries.get_order(actor=self.actor, uid=uid)  # type: ignore[attr-defined]


class OrderStep(OfOrder, StepPage):
    """A button of an order's page."""


class ReasonStep(OfOrder, ReasonStepPage):
    """A step that needs a reason."""


class AttachForm(Form):
    """Which draft."""

    service = forms.ChoiceField(label=gettext_lazy("Draft"))

    def __init__(self, *args: Any, drafts: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(row.uid, f"{row.name} ({row.sid} v{row.version})") for row in drafts]
        self.fields["service"].choices = choices  # type: ignore[attr-defined]


class Attach(OfOrder, FormPage):
    """Attach the draft that answers the order."""

    title = gettext_lazy("Attach a draft")
    subtitle = gettext_lazy("Drafts of the order's entry that no other order is about.")
    form_class = AttachForm
    success = gettext_lazy("Attached. Test it in the sandbox next.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"drafts": queries.drafts_for(self.get_subject(self.kwargs["uid"]))}

    def save(self, form: Any, **kwargs: Any) -> str:
        order = self.get_subject(self.kwargs["uid"])
        service = get_service(actor=self.actor, uid=form.cleaned_data["service"])
        services.attach_draft(actor=self.actor, now=self.now, order=order, service=service)
        return order.get_absolute_url()


class CommentForm(Form):
    """A word, with a file or without."""

    text = forms.CharField(label=gettext_lazy("Comment"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)
    file = forms.FileField(label=gettext_lazy("File"), required=False)


class AddComment(OfOrder, FormPage):
    """Say something on an order."""

    title = gettext_lazy("Comment on the order")
    form_class = CommentForm
    success = gettext_lazy("Written.")

    def save(self, form: Any, **kwargs: Any) -> str:
        order = self.get_subject(self.kwargs["uid"])
        file = form.cleaned_data["file"]
        services.comment_order(
            actor=self.actor,
            now=self.now,
            order=order,
            text=form.cleaned_data["text"],
            name=file.name if file else "",
            stream=file or None,
        )
        return order.get_absolute_url()


class CommentFile(Page):
    """A comment's file as a download, never shown inside a page of this node."""

    permission = P.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        row, path = services.read_file(actor=self.actor, now=self.now, order_uid=kwargs["uid"], uid=kwargs["comment"])
        return file_answer(row.file_name, row.media_type, path)


def file_answer(name: str, media_type: str, path: Any) -> FileResponse:
    """A stored file as an attachment that no cache keeps."""
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
