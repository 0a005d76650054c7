"""Scenes: the list, one with its steps, its draft; successful scans by scene."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.codes import queries, rules, services
from quanshu.city.codes.models import Scene
from quanshu.city.codes.pages import labels
from quanshu.city.codes.permissions import CodePermission as P
from quanshu.city.codes.types import AccountField, Basis, CodesNotFound, Read, SceneData, Source
from quanshu.organisation.api import Unit
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
    reason_against,
    state_column,
    when,
)


def crumbs() -> Any:
    """The way to the scenes."""
    return ((_("Code scenes"), reverse("codes:scenes")),)


class Scenes(ListPage):
    """Every scene the actor may see."""

    title = gettext_lazy("Code scenes")
    permission = P.SCENE_VIEW
    search = ("name", "name_en", "unit__name", "purpose")
    search_hint = gettext_lazy("Scene, unit or purpose")
    order = "name"
    export_name = "code-scenes"
    empty_title = gettext_lazy("No scene yet")
    empty_hint = gettext_lazy("Draft one: what codes are verified for, and what may be read then.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.SCENE_STATES.items())),
        Filter("basis", gettext_lazy("Basis of reading"), choices=list(labels.BASES.items())),
    )
    columns = (
        Column("name", gettext_lazy("Scene"), value="title", sort="name", link=Scene.get_absolute_url),
        Column("unit", gettext_lazy("Unit in charge"), value=lambda row: str(row.unit), sort="unit__name"),
        Column("reads", gettext_lazy("What it reads"), phone=False,
               value=lambda row: "、".join(labels.read_title(read) for read in row.reads)),
        Column("offline", gettext_lazy("Off-line verification"), phone=False),
        state_column(labels.SCENE_STATES, labels.SCENE_TONES, sort="state"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return Scene.objects.visible_to(self.actor).select_related("unit")

    def actions(self) -> list[Action]:
        found = []
        if allows(self.actor, P.SCENE_EDIT) and self.actor.unit_uid:
            found.append(Action(_("Draft a scene"), reverse("codes:draft"), "plus", method="get"))
        if allows(self.actor, P.SCAN):
            found.append(Action(_("Scan a code"), reverse("codes:scan"), "scan", "outline-primary", "get"))
        if allows(self.actor, P.SCAN_VIEW):
            found.append(Action(_("Scans"), reverse("codes:scans"), "history", "outline-primary", "get"))
        found.append(Action(_("Scans by scene"), reverse("codes:figures"), "chart-bar", "outline-primary", "get"))
        if allows(self.actor, P.HOLDER_BLOCK):
            found.append(Action(_("Block a holder"), reverse("codes:holder"), "lock", "outline-danger", "get"))
        return found


class Figures(ListPage):
    """Successful scans by scene."""

    title = gettext_lazy("Scans by scene")
    permission = P.SCENE_VIEW
    template_name = "codes/figures.html"
    search = ("name", "name_en", "unit__name")
    search_hint = gettext_lazy("Scene or unit")
    order = "-taken"
    export_name = "code-scans-by-scene"
    empty_title = gettext_lazy("No scene yet")
    filters = (Filter("state", gettext_lazy("State"), choices=list(labels.SCENE_STATES.items())),)
    columns = (
        Column("name", gettext_lazy("Scene"), value="title", sort="name", link=Scene.get_absolute_url),
        Column("unit", gettext_lazy("Unit in charge"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("taken", gettext_lazy("Scan accepted"), kind="number", sort="taken"),
        Column("lately", gettext_lazy("In the last 30 days"), value="taken_lately", kind="number", sort="taken_lately"),
        Column("refused", gettext_lazy("Refused"), kind="number", sort="refused"),
    )

    def crumbs(self) -> Any:
        return crumbs()

    def queryset(self) -> Any:
        return queries.scene_figures(self.actor, now=self.now)

    def row_context(self) -> dict[str, Any]:
        rows = sorted(self.narrowed(), key=lambda row: row.taken)[-15:]
        return {
            "option": {
                "tooltip": {},
                "grid": {"left": 8, "right": 24, "top": 8, "bottom": 8, "containLabel": True},
                "xAxis": {"type": "value", "minInterval": 1},
                "yAxis": {"type": "category", "data": [row.title for row in rows]},
                "series": [{"type": "bar", "name": _("Scan accepted"), "data": [row.taken for row in rows]}],
            },
            "height": 80 + 36 * len(rows),
        }


class SceneForm(Form):
    """What a unit states of a scene."""

    name = forms.CharField(label=gettext_lazy("Name of the scene"), max_length=100)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=200, required=False)
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The holder reads this before showing the code."),
    )
    holders = forms.MultipleChoiceField(
        label=gettext_lazy("Who shows the code"),
        choices=list(labels.HOLDERS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    account = forms.MultipleChoiceField(
        label=gettext_lazy("Read of the holder's account"),
        choices=list(labels.ACCOUNT_FIELDS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    age = forms.IntegerField(
        label=gettext_lazy("Only whether the holder has reached this age"),
        min_value=1,
        max_value=120,
        required=False,
        help_text=gettext_lazy("The date of birth is not told."),
    )
    reads = forms.MultipleChoiceField(
        label=gettext_lazy("Read of data services and of certificates"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("Basis of reading"), choices=list(labels.BASES.items()), widget=forms.RadioSelect
    )
    law = forms.CharField(label=gettext_lazy("Law and article"), max_length=500, required=False)
    offline = forms.BooleanField(
        label=gettext_lazy("Devices may verify codes off line"), required=False,
        help_text=gettext_lazy("Off line they learn only whether the code is right and the age is reached."),
    )  # fmt: skip
    opens = forms.CharField(
        label=gettext_lazy("Opens at"), required=False, max_length=5, widget=forms.TextInput(attrs={"type": "time"})
    )
    closes = forms.CharField(
        label=gettext_lazy("Closes at"), required=False, max_length=5, widget=forms.TextInput(attrs={"type": "time"})
    )

    def __init__(self, *args: Any, offered: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if offered:
            self.fields["reads"].choices = offered  # type: ignore[attr-defined]
        else:
            del self.fields["reads"]

    def value(self) -> SceneData:
        """As the value services take."""
        given = self.cleaned_data
        reads = [Read(Source.ACCOUNT, field) for field in given["account"]]
        if given["age"]:
            reads.append(Read(Source.ACCOUNT, AccountField.AGE, least=given["age"]))
        for choice in given.get("reads", ()):
            rid, sid, field = choice.split(":")
            reads.append(Read(Source.SERVICE if rid else Source.CERTIFICATE, field, of=sid, via=rid))
        names = ("name", "name_en", "purpose", "basis", "law", "offline", "opens", "closes")
        return SceneData(holders=tuple(given["holders"]), reads=tuple(reads), **{name: given[name] for name in names})


class Draft(FormPage):
    """Draft a scene of one's own unit."""

    title = gettext_lazy("Draft a scene")
    permission = P.SCENE_EDIT
    form_class = SceneForm
    success = gettext_lazy("Drafted. Submit it to the bureau when it is right.")

    def crumbs(self) -> Any:
        return crumbs()

    def unit(self) -> Unit:
        """The unit whose scene it is."""
        found = Unit.objects.filter(uid=self.actor.unit_uid or "").first()
        if found is None:
            raise CodesNotFound
        return found

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"basis": Basis.CONSENT, "holders": ["person"]}

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        offered = queries.offered_reads(self.unit().path, now=self.now)
        return {
            "offered": [
                (":".join(key), f"{labels.read_title(Read('', '', *titles))} ({key[1]})")
                for key, titles in sorted(offered.items())
            ]
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        scene = services.draft_scene(actor=self.actor, now=self.now, unit=self.unit(), data=form.value())
        return scene.get_absolute_url()


class Change(Draft):
    """Change a draft."""

    title = gettext_lazy("Change the scene")
    success = gettext_lazy("Saved.")

    def scene(self) -> Scene:
        """The draft."""
        return queries.get_scene(actor=self.actor, uid=self.kwargs["uid"])

    def unit(self) -> Unit:
        found: Unit = self.scene().unit
        return found

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        scene = self.scene()
        names = ("name", "name_en", "purpose", "holders", "basis", "law", "offline", "opens", "closes")
        own = [read for read in scene.reads if read.source == Source.ACCOUNT]
        return {
            **{name: getattr(scene, name) for name in names},
            "account": [read.field for read in own if read.field != AccountField.AGE],
            "age": next((read.least for read in own if read.field == AccountField.AGE), None),
            "reads": [f"{read.via}:{read.of}:{read.field}" for read in scene.reads if read.source != Source.ACCOUNT],
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        scene = services.change_scene(actor=self.actor, now=self.now, scene=self.scene(), data=form.value())
        return scene.get_absolute_url()


# (step, label, icon, style, needs a reason)
STEPS = (
    ("submit", gettext_lazy("Submit"), "send", "primary", False),
    ("approve", gettext_lazy("Approve the scene"), "check", "success", False),
    ("return", gettext_lazy("To be completed"), "arrow-back-up", "outline-primary", True),
    ("start", gettext_lazy("Put the scene in force"), "player-play", "success", False),
    ("resume", gettext_lazy("Resume"), "player-play", "success", False),
    ("suspend", gettext_lazy("Suspend"), "player-pause", "outline-warning", True),
    ("end", gettext_lazy("End"), "ban", "outline-danger", True),
)


class ScenePage(DetailPage):
    """One scene."""

    permission = P.SCENE_VIEW
    audit_kind = "codes.scene"

    def get_object(self, **kwargs: Any) -> Scene:
        return queries.get_scene(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs()

    def state(self, obj: Scene) -> tuple[str, str]:
        return str(labels.SCENE_STATES[obj.state]), labels.SCENE_TONES[obj.state]

    def facts(self, obj: Scene) -> list[tuple[Any, Any]]:
        return [
            (_("Number in codes"), obj.pk),
            (_("Unit in charge"), str(obj.unit)),
            (_("Who shows the code"), labels.holders_text(obj.holders)),
            (_("Off-line verification"), _("Yes") if obj.offline else _("No")),
            (_("Opening hours"), labels.hours_text(obj.opens, obj.closes) or _("All day")),
            (_("Drafted by"), obj.created_by),
            (_("Changed at"), when(obj.updated_at)),
            (_("Note"), obj.note),
        ]

    def actions(self, obj: Scene) -> list[Action]:
        found = []
        may = {
            P.SCENE_EDIT: allows(self.actor, P.SCENE_EDIT, obj),
            P.SCENE_APPROVE: allows(self.actor, P.SCENE_APPROVE, obj),
        }
        for name, label, icon, style, asks in STEPS:
            steps = [step for step in rules.SCENES.allowed(obj.state) if step.name == name]
            if steps and may[P(steps[0].permission)]:
                url = reverse(f"codes:{name}", args=[obj.uid])
                found.append(Action(str(label), url, icon, style, "get" if asks else "post"))
        if may[P.SCENE_EDIT] and reason_against(rules.check_editable, obj.state) is None:
            found.append(Action(_("Edit"), reverse("codes:change", args=[obj.uid]), "pencil", "outline-primary", "get"))
        return found

    def cards(self, obj: Scene) -> list[Card]:
        reads = (
            Column("title", _("Field"), value=labels.read_title),
            Column("of", _("Read from"), value=lambda read: read.of or _("The holder's account"), kind="code"),
            Column("via", _("By the application"), value=lambda read: read.via, kind="code", phone=False),
        )
        basis = [
            (_("Purpose"), obj.purpose),
            (_("Basis of reading"), labels.BASES[obj.basis]),
            (_("Law and article"), obj.law),
        ]
        devices = (
            Column("name", _("Device"), link=lambda row: row.get_absolute_url()),
            Column("place", _("Where"), phone=False),
            Column("proof", _("Proves itself by"), value=lambda row: labels.PROOFS[row.proof], phone=False),
            Column("seen", _("Last scan"), value="last_seen_at", kind="datetime"),
            state_column(labels.VERIFIER_STATES, labels.VERIFIER_TONES),
        )  # fmt: skip
        actions = []
        if allows(self.actor, P.VERIFIER_MANAGE, obj):
            url = reverse("codes:register", args=[obj.uid])
            actions.append(Action(_("Register a device"), url, "plus", "outline-primary", "get"))
        return [
            Card(_("What it is for"), facts=basis),
            Card(_("What it may read"), columns=reads, rows=obj.reads),
            Card(
                _("Who may scan for it"),
                columns=devices,
                rows=obj.verifiers.select_related("scene__unit"),
                empty_title=_("No device yet"),
                empty_hint=_("Register the desk, device or program that scans."),
                actions=actions,
            ),
        ]


class OfScene:
    """What a step moves."""

    permission: ClassVar[str] = P.SCENE_VIEW
    subject: ClassVar[str] = "scene"

    def get_subject(self, uid: str) -> Scene:
        return queries.get_scene(actor=self.actor, uid=uid)  # type: ignore[attr-defined]


class Step(OfScene, StepPage):
    """A button of a scene's page."""


class ReasonStep(OfScene, ReasonStepPage):
    """A step that needs a reason."""
