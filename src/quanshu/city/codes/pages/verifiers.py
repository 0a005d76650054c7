"""Devices, programs and desks that scan: registered, suspended, listed; scanning at a desk; every scan."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.codes import queries, rules, services
from quanshu.city.codes.models import Scene, Verifier
from quanshu.city.codes.pages import labels
from quanshu.city.codes.pages.holder import outcome
from quanshu.city.codes.permissions import CodePermission as P
from quanshu.city.codes.types import WrongStep
from quanshu.kernel.errors import QuanshuError
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
    ReasonStepPage,
    StepPage,
    put_fault_on_form,
    when,
)
from quanshu.sharing.subjects.api import Subject, SubjectNotFound, find_subject


def crumbs_to(scene: Scene) -> Any:
    """The way to a scene."""
    return ((_("Code scenes"), reverse("codes:scenes")), (scene.title, scene.get_absolute_url()))


class RegisterForm(Form):
    """A device."""

    name = forms.CharField(label=gettext_lazy("Name of the device"), max_length=100)
    place = forms.CharField(
        label=gettext_lazy("Where it stands"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The holder reads this in the list of their scans."),
    )
    proof = forms.ChoiceField(
        label=gettext_lazy("Proves itself by"), choices=list(labels.PROOFS.items()), widget=forms.RadioSelect
    )
    public_key = forms.CharField(
        label=gettext_lazy("Public key (Ed25519)"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("Only for a device with a key: PEM or Base64. The private key stays in the device."),
    )


class Register(FormPage):
    """Register a device for a scene; a token is shown once."""

    title = gettext_lazy("Register a device")
    permission = P.VERIFIER_MANAGE
    form_class = RegisterForm

    def scene(self) -> Scene:
        """The scene it scans for."""
        return queries.get_scene(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.scene())

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"proof": "desk"}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(**kwargs)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        try:
            verifier, token = services.register_verifier(
                actor=self.actor, now=self.now, scene=self.scene(), **form.cleaned_data
            )
        except QuanshuError as fault:
            put_fault_on_form(form, fault)
            return self.render({"form": form}, status=fault.status)
        response = self.render({"verifier": verifier, "token": token}, template="codes/registered.html")
        response["Cache-Control"] = "no-store"
        return response


class VerifierPage(DetailPage):
    """One device."""

    permission = P.SCENE_VIEW
    audit_kind = "codes.verifier"

    def get_object(self, **kwargs: Any) -> Verifier:
        return queries.get_verifier(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.object.scene)

    def state(self, obj: Verifier) -> tuple[str, str]:
        return str(labels.VERIFIER_STATES[obj.state]), labels.VERIFIER_TONES[obj.state]

    def facts(self, obj: Verifier) -> list[tuple[Any, Any]]:
        return [
            (_("Number in codes"), obj.pk),
            (_("Device id"), obj.uid),
            (_("Scene"), obj.scene.title),
            (_("Where it stands"), obj.place),
            (_("Proves itself by"), labels.PROOFS[obj.proof]),
            (_("Public key"), obj.public_key),
            (_("Registered by"), obj.registered_by),
            (_("Registered at"), when(obj.registered_at)),
            (_("Last scan"), when(obj.last_seen_at)),
        ]

    def actions(self, obj: Verifier) -> list[Action]:
        if not allows(self.actor, P.VERIFIER_MANAGE, obj):
            return []
        shown = {
            "suspend": (_("Suspend"), "player-pause", "outline-warning", "get"),
            "resume": (_("Resume"), "player-play", "success", "post"),
            "end": (_("End"), "ban", "outline-danger", "get"),
        }
        actions = [
            Action(label, reverse(f"codes:device_{step.name}", args=[obj.uid]), icon, style, method)
            for step in rules.VERIFIERS.allowed(obj.state)
            for label, icon, style, method in [shown[step.name]]
        ]
        with suppress(WrongStep):
            rules.check_renewable(obj.proof, obj.state)
            renew = Action(
                _("Replace the token"),
                reverse("codes:device_renew", args=[obj.uid]),
                "key",
                "outline-primary",
                confirm=_("The old token is worth nothing from then on."),
            )
            actions.insert(0, renew)
        return actions

    def cards(self, obj: Verifier) -> list[Card]:
        rows = queries.list_scans(self.actor, now=self.now).filter(verifier=obj)[:20]
        return [Card(_("Latest scans"), columns=SCAN_COLUMNS[1:], rows=rows, empty_title=_("No scan yet"))]


SCAN_COLUMNS = (
    Column("scene", gettext_lazy("Scene"), value=lambda row: row.scene.title, sort="scene__name",
           link=lambda row: row.scene.get_absolute_url()),
    Column("at", gettext_lazy("When"), kind="datetime", sort="at"),
    Column("verifier", gettext_lazy("Device"), value=lambda row: row.verifier.name, sort="verifier__name"),
    Column("offline", gettext_lazy("Off-line verification"), phone=False),
    Column("told", gettext_lazy("What was told"), value=lambda row: "、".join(row.told), phone=False),
    Column("ok", gettext_lazy("Result"), value=outcome, kind="badge", tone=lambda row: "green" if row.ok else "red",
           sort="ok"),
)  # fmt: skip


class Scans(ListPage):
    """Scans of the unit's scenes: which fields were told, never whose."""

    title = gettext_lazy("Scans")
    permission = P.SCENE_VIEW
    order = "-at"
    search = ("scene__name", "scene__name_en", "verifier__name", "verifier__place", "uid")
    search_hint = gettext_lazy("Scene, unit or device")
    export_name = "code-scans"
    empty_title = gettext_lazy("No scan yet")
    empty_hint = gettext_lazy("Scans stand here as soon as a device of the unit takes or refuses a code.")
    filters = (
        Filter("ok", gettext_lazy("Result"), choices=[("True", gettext_lazy("Scan accepted")),
               ("False", gettext_lazy("Refused"))], field="ok"),
        Filter("reason", gettext_lazy("Reason"), choices=list(labels.REASONS.items())),
        Filter("since", gettext_lazy("Since"), kind="date", field="at__date__gte"),
    )  # fmt: skip
    columns = SCAN_COLUMNS

    def crumbs(self) -> Any:
        return ((_("Code scenes"), reverse("codes:scenes")),)

    def queryset(self) -> Any:
        return queries.list_scans(self.actor, now=self.now)


class OfVerifier:
    """What a step moves."""

    permission: ClassVar[str] = P.VERIFIER_MANAGE
    subject: ClassVar[str] = "verifier"

    def get_subject(self, uid: str) -> Verifier:
        return queries.get_verifier(actor=self.actor, uid=uid)  # type: ignore[attr-defined]


class Step(OfVerifier, StepPage):
    """A button of a device's page."""


class ReasonStep(OfVerifier, ReasonStepPage):
    """A step that needs a reason."""


class ScanForm(Form):
    """At which desk, and the code."""

    desk = forms.ChoiceField(label=gettext_lazy("Desk"))
    text = forms.CharField(
        label=gettext_lazy("Code or its twelve digits"),
        max_length=300,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, desks: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["desk"].choices = desks  # type: ignore[attr-defined]


class ScanPage(FormPage):
    """Scan at a desk: by the camera, a hand scanner, or by typing."""

    title = gettext_lazy("Scan a code")
    permission = P.SCAN
    form_class = ScanForm
    template_name = "codes/scan.html"
    submit_label = gettext_lazy("Check the code")

    def crumbs(self) -> Any:
        return ((_("Code scenes"), reverse("codes:scenes")),)

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"desks": [(row.uid, f"{row.scene.title} · {row.name}") for row in queries.desks_of(self.actor)]}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"desk": self.request.GET.get("desk", "")}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(**kwargs)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        desk = queries.desks_of(self.actor).get(uid=form.cleaned_data["desk"])
        try:
            found = services.scan_code(actor=self.actor, now=self.now, verifier=desk, text=form.cleaned_data["text"])
        except QuanshuError as fault:
            put_fault_on_form(form, fault)
            return self.render({"form": form, "refused": fault.code}, status=fault.status)
        fresh = self.form_class(initial={"desk": desk.uid}, **self.form_kwargs())
        rows = [(labels.read_title(row.read), row.value, row.fault) for row in found.told]
        response = self.render({"form": fresh, "scan": found.scan, "rows": rows})
        response["Cache-Control"] = "no-store"
        return response


class HolderForm(Form):
    """A holder, by their number, and why."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Who shows the code"), choices=list(labels.HOLDERS.items()), widget=forms.RadioSelect
    )
    number = forms.CharField(
        label=gettext_lazy("Citizen ID or credit code"),
        max_length=18,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lift = forms.BooleanField(label=gettext_lazy("Lift the block"), required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class HolderPage(FormPage):
    """The bureau blocks a holder's codes, or lifts a block."""

    title = gettext_lazy("Block a holder")
    permission = P.HOLDER_BLOCK
    form_class = HolderForm
    success = gettext_lazy("Done. Off line it holds from the next list on.")

    def crumbs(self) -> Any:
        return ((_("Code scenes"), reverse("codes:scenes")),)

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"kind": "person"}

    def subject_of(self, form: Any) -> Subject:
        """Whose codes."""
        found = find_subject(form.cleaned_data["kind"], form.cleaned_data["number"])
        if found is None:
            raise SubjectNotFound
        return found

    def save(self, form: Any, **kwargs: Any) -> str:
        subject = self.subject_of(form)
        if form.cleaned_data["lift"]:
            services.unblock_codes(actor=self.actor, now=self.now, subject=subject)
        else:
            reason = form.cleaned_data["reason"]
            services.block_codes(actor=self.actor, now=self.now, subject=subject, reason=reason)
        return reverse("codes:scenes")
