"""The holder's pages: the code, digits in its place, where it was scanned, and the block."""

from __future__ import annotations

from typing import Any

import segno
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.codes import queries, services
from quanshu.city.codes.models import Scan
from quanshu.city.codes.pages import labels
from quanshu.city.codes.permissions import CodePermission as P
from quanshu.city.codes.types import Basis, Blocked, CodesNotFound, Shown, VerifierState
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    ListPage,
    Page,
    fault_text,
    when,
)
from quanshu.sharing.subjects.api import MandateScope, Subject, acting_subject, own_subject, subjects_for


def picture(text: str) -> str:
    """A code's QR as SVG that grows with its place; dark on white whatever the page's colours."""
    return segno.make(text, error="m", micro=False).svg_inline(border=4, omitsize=True, light="#fff")


class MyCode(Page):
    """The code, for oneself or another, for a scene and a device or any."""

    title = gettext_lazy("My code")
    permission = P.SHOW
    template_name = "codes/mine.html"
    digits = ""

    def asked(self, name: str) -> str:
        """What the form asks for, in the address or on the button for digits."""
        given = self.request.POST if self.request.method == "POST" else self.request.GET
        return given.get(name, "").strip()

    def whose(self) -> Subject:
        """The subject the code is of."""
        who = self.asked("who") or self.actor.uid
        return acting_subject(self.actor, uid=who, now=self.now, what=MandateScope.CODES)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        template = "codes/code.html" if request.headers.get("HX-Target") == "code" else ""
        response = self.render(self.context(**kwargs), template=template)
        response["Cache-Control"] = "no-store"
        return response

    def context(self, **kwargs: Any) -> dict[str, Any]:
        subject = self.whose()
        scenes = queries.scenes_for(subject.kind)
        scene = next((row for row in scenes if str(row.pk) == self.asked("scene")), None)
        devices = list(scene.verifiers.filter(state=VerifierState.ACTIVE)) if scene else []
        device = next((row.pk for row in devices if str(row.pk) == self.asked("at")), 0)
        shown, fault = self.shown(subject, scene, device)
        return {
            "subject": subject,
            "subjects": list(subjects_for(self.actor, now=self.now, what=MandateScope.CODES)),
            "scenes": scenes,
            "scene": scene,
            "devices": devices,
            "device": device,
            "reads": [labels.read_title(read) for read in scene.reads] if scene else [],
            "by_consent": scene is not None and scene.basis == Basis.CONSENT,
            "shown": shown,
            "picture": picture(shown.text) if shown else "",
            "digits": " ".join(self.digits[at : at + 4] for at in range(0, len(self.digits), 4)),
            "fault": fault,
            # Not “block”: a template's own block hides a value of that name.
            "stopped": queries.block_of(subject) or queries.block_of(own_subject(self.actor)),
        }

    def shown(self, subject: Subject, scene: Any, device: int) -> tuple[Shown | None, str]:
        """The code, or why there is none."""
        try:
            return self.issue(subject, scene, device), ""
        except Blocked as fault:
            return None, fault_text(fault)

    def issue(self, subject: Subject, scene: Any, device: int) -> Shown:
        """A fresh code."""
        return queries.show_code(actor=self.actor, now=self.now, subject_uid=subject.uid, scene=scene, verifier=device)


class TypedCodePage(MyCode):
    """The code with twelve digits that can be typed in its place."""

    http_method_names = ["post", "options"]

    def issue(self, subject: Subject, scene: Any, device: int) -> Shown:
        shown, self.digits = services.type_code(
            actor=self.actor, now=self.now, subject_uid=subject.uid, scene=scene, verifier=device
        )
        return shown

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.get(request, *args, **kwargs)


class Block(ActionPage):
    """Block one's own codes, or lift the block."""

    permission = P.SHOW
    lift = False

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        subject = own_subject(self.actor)
        if self.lift:
            services.unblock_codes(actor=self.actor, now=self.now, subject=subject)
            return _("Your codes are shown again."), reverse("codes:mine")
        services.block_codes(actor=self.actor, now=self.now, subject=subject)
        return _("Your codes are blocked: nobody can show or use one."), reverse("codes:mine")

    def fallback_url(self, **kwargs: Any) -> str:
        return reverse("codes:mine")


def outcome(row: Scan) -> str:
    """What became of a scan, in words."""
    return _("Scan accepted") if row.ok else str(labels.REASONS.get(row.reason, row.reason))


class MyScans(ListPage):
    """Every scan of one's own codes: who, where, what, when."""

    title = gettext_lazy("Where my code was used")
    permission = P.SHOW
    order = "-at"
    search = ("scene__name", "scene__name_en", "scene__unit__name", "verifier__name", "verifier__place")
    search_hint = gettext_lazy("Scene, unit or device")
    export_name = "code-scans"
    empty_title = gettext_lazy("No scan yet")
    empty_hint = gettext_lazy("Each scan of a code stands here at once: by whom, where, and what was told.")
    filters = (
        Filter("ok", gettext_lazy("Result"), choices=[("True", gettext_lazy("Scan accepted")),
               ("False", gettext_lazy("Refused"))], field="ok"),
        Filter("since", gettext_lazy("Since"), kind="date", field="at__date__gte"),
    )  # fmt: skip
    columns = (
        Column("at", gettext_lazy("When"), kind="datetime", sort="at",
               link=lambda row: reverse("codes:mine_scan", args=[row.uid])),
        Column("scene", gettext_lazy("For what"), value=lambda row: row.scene.title, sort="scene__name"),
        Column("unit", gettext_lazy("Unit that scanned"), value=lambda row: str(row.scene.unit),
               sort="scene__unit__name", phone=False),
        Column("place", gettext_lazy("Where"), value=lambda row: row.verifier.place or row.verifier.name, phone=False),
        Column("told", gettext_lazy("What was told"), value=lambda row: "、".join(row.told), phone=False),
        Column("ok", gettext_lazy("Result"), value=outcome, kind="badge",
               tone=lambda row: "green" if row.ok else "red", sort="ok"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_scans(self.actor, now=self.now)

    def actions(self) -> list[Action]:
        return [Action(_("My code"), reverse("codes:mine"), "qrcode", "primary", "get")]


class MyScan(DetailPage):
    """One scan of one's own code."""

    permission = P.SHOW

    def get_object(self, **kwargs: Any) -> Scan:
        found = queries.list_scans(self.actor, now=self.now).filter(uid=kwargs["uid"]).first()
        if found is None:
            raise CodesNotFound
        return found

    def crumbs(self) -> Any:
        return ((_("Where my code was used"), reverse("codes:mine_scans")),)

    def page_title(self) -> str:
        return str(self.object.scene.title)

    def state(self, obj: Scan) -> tuple[str, str]:
        return outcome(obj), "green" if obj.ok else "red"

    def cards(self, obj: Scan) -> list[Card]:
        verifier, scene = obj.verifier, obj.scene
        facts = [
            (_("When"), when(obj.at)),
            (_("Unit that scanned"), str(scene.unit)),
            (_("Where"), " · ".join(dict.fromkeys(part for part in (verifier.place, verifier.name) if part))),
            (_("Off-line verification"), _("Yes") if obj.offline else _("No")),
            (_("Whose code"), obj.subject.name if obj.subject else None),
            (_("Who showed it"), obj.agent.name if obj.agent else None),
            (_("What was told"), "、".join(obj.told) or _("Nothing but that the code is right")),
            (_("Receipts"), ", ".join(obj.receipts)),
            (_("Record"), obj.uid),
        ]
        basis = [
            (_("Purpose"), scene.purpose),
            (_("Basis of reading"), labels.BASES[scene.basis]),
            (_("Law and article"), scene.law),
        ]
        return [Card(_("The scan"), facts=facts), Card(_("What it is for"), facts=basis)]
