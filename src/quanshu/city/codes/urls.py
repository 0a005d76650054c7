"""Addresses of codes."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.city.codes import services
from quanshu.city.codes.pages import holder, keys, public, scenes, verifiers

app_name = "codes"
STEPS = (
    ("submit", services.submit_scene, _("Submitted to the bureau.")),
    ("approve", services.approve_scene, _("Approved. The unit puts it in force.")),
    ("start", services.start_scene, _("The scene is in force.")),
    ("resume", services.resume_scene, _("The scene is in force again.")),
)
REASONS = (
    ("return", services.return_scene, _("Give the scene back to be completed")),
    ("suspend", services.suspend_scene, _("Suspend the scene")),
    ("end", services.end_scene, _("End the scene")),
)
DEVICE_REASONS = (
    ("suspend", services.suspend_verifier, _("Suspend the device")),
    ("end", services.end_verifier, _("Take the device out of use")),
)
urlpatterns = [
    path("", holder.MyCode.as_view(), name="mine"),
    path("typed/", holder.TypedCodePage.as_view(), name="typed"),
    path("mine/scans/", holder.MyScans.as_view(), name="mine_scans"),
    path("mine/scans/<str:uid>/", holder.MyScan.as_view(), name="mine_scan"),
    path("block/", holder.Block.as_view(), name="block"),
    path("unblock/", holder.Block.as_view(lift=True), name="unblock"),
    path("keys/", public.Keys.as_view(), name="keys"),
    path("list/", public.OfflineList.as_view(), name="list"),
    path("signing-keys/", keys.SigningKeys.as_view(), name="signing_keys"),
    path("signing-keys/replace/", keys.RotateKey.as_view(), name="rotate_key"),
    path("signing-keys/replace-at-once/", keys.RotateKey.as_view(at_once=True), name="rotate_key_at_once"),
    path("scan/", verifiers.ScanPage.as_view(), name="scan"),
    path("scans/", verifiers.Scans.as_view(), name="scans"),
    path("holder/", verifiers.HolderPage.as_view(), name="holder"),
    path("figures/", scenes.Figures.as_view(), name="figures"),
    path("scenes/", scenes.Scenes.as_view(), name="scenes"),
    path("scenes/new/", scenes.Draft.as_view(), name="draft"),
    path("scenes/<str:uid>/", scenes.ScenePage.as_view(), name="scene"),
    path("scenes/<str:uid>/change/", scenes.Change.as_view(), name="change"),
    path("scenes/<str:uid>/devices/new/", verifiers.Register.as_view(), name="register"),
    *(
        path(f"scenes/<str:uid>/{name}/", scenes.Step.as_view(service=service, done=done), name=name)
        for name, service, done in STEPS
    ),
    *(
        path(f"scenes/<str:uid>/{name}/", scenes.ReasonStep.as_view(service=service, title=title), name=name)
        for name, service, title in REASONS
    ),
    path("devices/<str:uid>/", verifiers.VerifierPage.as_view(), name="verifier"),
    path("devices/<str:uid>/renew/", keys.RenewToken.as_view(), name="device_renew"),
    path(
        "devices/<str:uid>/resume/",
        verifiers.Step.as_view(service=services.resume_verifier, done=_("The device may scan again.")),
        name="device_resume",
    ),
    *(
        path(
            f"devices/<str:uid>/{name}/",
            verifiers.ReasonStep.as_view(service=service, title=title),
            name=f"device_{name}",
        )
        for name, service, title in DEVICE_REASONS
    ),
]
