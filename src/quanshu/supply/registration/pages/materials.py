"""Materials of an application: its card, attaching, taking out, judging, and the file itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import Action, ActionPage, Card, Form, FormPage, Page, reason_against
from quanshu.supply.registration import queries, rules, services
from quanshu.supply.registration.models import Application, Material
from quanshu.supply.registration.pages import labels
from quanshu.supply.registration.permissions import RegistrationPermission as P
from quanshu.supply.registration.types import MaterialWord


def material_card(actor: Actor, application: Application) -> Card:
    """The materials with what the actor may do with each, and what is still missing."""
    rows = list(application.materials.all())
    edits = (
        allows(actor, P.APPLY, application) and reason_against(rules.check_step, application.state, "submit") is None
    )
    judges = allows(actor, P.REVIEW, application) and not reason_against(rules.check_step, application.state, "return")
    actions = []
    if edits:
        reason = reason_against(rules.check_attachable, state=application.state, count=len(rows))
        url = reverse("registration:attach", args=[application.uid])
        actions.append(Action(_("Attach a material"), url, "paperclip", "outline-primary", "get", reason))
    if judges and rows:
        url = reverse("registration:judge", args=[application.uid])
        actions.append(Action(_("Judge the materials"), url, "checklist", "outline-primary", "get"))
    missing = rules.missing_materials(application.kind, queries.kept_by(application)) if edits else ()
    return Card(
        _("Materials"),
        template="registration/materials.html",
        values={
            "rows": [material_row(row, application, edits) for row in rows],
            "missing": [labels.MATERIAL_KINDS[kind] for kind in missing],
        },
        actions=actions,
    )


def material_row(row: Material, application: Application, edits: bool) -> dict[str, Any]:
    """A material as the card shows it."""
    parts = [application.uid, row.uid]
    remove = Action(_("Take out"), reverse("registration:remove", args=parts), "trash", "outline-danger btn-sm")
    return {
        "material": row,
        "kind": labels.MATERIAL_KINDS[row.kind],
        "url": reverse("registration:material", args=parts),
        "verdict": (labels.VERDICTS[row.verdict], labels.VERDICT_TONES[row.verdict]) if row.verdict else None,
        "remove": remove if edits else None,
    }


class MaterialForm(Form):
    """A file and what it is."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(labels.MATERIAL_KINDS.items()))
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput(attrs={"accept": ",".join(rules.FORMATS)}),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "A PDF, an image, a Word or an Excel file without macros, up to %(most)s MiB. While the application is "
            "public, everyone sees the file's name and digest, but never the file."
        ) % {"most": rules.MATERIAL_MIB}


class OfApplication(FormPage):
    """A form about an application's materials; it leads back to the application."""

    def application(self) -> Application:
        return queries.get_application(actor=self.actor, uid=self.kwargs["uid"])

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return self.application().get_absolute_url()

    def crumbs(self) -> Any:
        return (
            (_("Resource registration"), reverse("registration:applications")),
            (str(self.application()), self.cancel_url),
        )


class Attach(OfApplication):
    """Attach a file to a draft."""

    title = gettext_lazy("Attach a material")
    permission = P.APPLY
    form_class = MaterialForm
    submit_label = gettext_lazy("Attach")
    success = gettext_lazy("Attached.")

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        application = self.application()
        missing = rules.missing_materials(application.kind, queries.kept_by(application))
        return {"kind": missing[0].value} if missing else {}

    def save(self, form: Any, **kwargs: Any) -> str:
        application, file = self.application(), form.cleaned_data["file"]
        services.attach_material(
            actor=self.actor,
            now=self.now,
            application=application,
            kind=form.cleaned_data["kind"],
            name=file.name,
            stream=file,
        )
        return application.get_absolute_url()


class Remove(ActionPage):
    """Take a file out of a draft."""

    permission = P.APPLY

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        material = queries.get_material(actor=self.actor, application=kwargs["uid"], uid=kwargs["material"])
        application = services.remove_material(actor=self.actor, now=self.now, material=material)
        return _("Taken out."), application.get_absolute_url()


class JudgeForm(Form):
    """A word on each material, with a reason beside it."""

    def __init__(self, *args: Any, materials: list[Material], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in materials:
            name = f"{labels.MATERIAL_KINDS[row.kind]} · {row.name}"
            verdict = forms.ChoiceField(
                label=name,
                choices=[("", _("No word yet")), *labels.VERDICTS.items()],
                required=False,
                initial=row.verdict,
                widget=forms.Select(attrs={"class": "form-select"}),
            )
            reason = forms.CharField(
                label=_("What is lacking in %(name)s") % {"name": row.name},
                max_length=1000,
                required=False,
                initial=row.verdict_reason,
                widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
            )
            self.fields |= {f"verdict_{row.uid}": verdict, f"reason_{row.uid}": reason}
        self.materials = materials

    def words(self) -> list[MaterialWord]:
        """What was said of each."""
        given = self.cleaned_data
        return [
            MaterialWord(row.uid, given[f"verdict_{row.uid}"], given[f"reason_{row.uid}"]) for row in self.materials
        ]


class Judge(OfApplication):
    """The reviewer's word on every material, on one page."""

    title = gettext_lazy("Judge the materials")
    permission = P.REVIEW
    form_class = JudgeForm
    success = gettext_lazy("Saved. Give the application back if something is lacking.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"materials": list(self.application().materials.all())}

    def save(self, form: Any, **kwargs: Any) -> str:
        application = self.application()
        services.judge_materials(actor=self.actor, now=self.now, application=application, words=form.words())
        return application.get_absolute_url()


def file_answer(material: Material, path: Any) -> FileResponse:
    """The file as a download: never shown inside a page of this node, never kept by a cache."""
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=material.name, content_type=material.media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


class MaterialFile(Page):
    """A material's file, for those who may see the application."""

    permission = P.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        material, path = services.read_material(
            actor=self.actor, now=self.now, application=kwargs["uid"], uid=kwargs["material"]
        )
        return file_answer(material, path)
