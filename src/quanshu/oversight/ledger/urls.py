"""Addresses of the ledger."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.oversight.ledger import services
from quanshu.oversight.ledger.pages import anchors, log, mine, proofs, settings, standing

app_name = "ledger"
STEPS = (
    ("pause", services.pause_witness, _("The witness is asked no more for the time.")),
    ("resume", services.resume_witness, _("The witness is asked again.")),
    ("remove", services.remove_witness, _("The witness is removed; what it signed stands.")),
)
urlpatterns = [
    path("", standing.Overview.as_view(), name="overview"),
    path("log/<path:name>", log.LogFile.as_view(), name="log"),
    path("policy/", log.PolicyFile.as_view(), name="policy"),
    path("verify/", proofs.Verify.as_view(), name="verify"),
    path("checkpoints/", standing.Checkpoints.as_view(), name="checkpoints"),
    path("checkpoints/<int:size>/", standing.CheckpointPage.as_view(), name="checkpoint"),
    path("entries/<str:uid>/", proofs.EntryPage.as_view(), name="entry"),
    path("entries/<str:uid>/proof/", proofs.EntryProof.as_view(), name="entry_proof"),
    path("receipts/<str:receipt>/", proofs.ReceiptPage.as_view(), name="receipt"),
    path("receipts/<str:receipt>/proof/", proofs.ReceiptProof.as_view(), name="receipt_proof"),
    path("mine/<str:receipt>/proof/", mine.MyProof.as_view(), name="my_proof"),
    path("quorum/", settings.SetQuorum.as_view(), name="quorum"),
    path("witnesses/new/", settings.AddWitness.as_view(), name="add_witness"),
    path("witnesses/<str:uid>/", standing.WitnessPage.as_view(), name="witness"),
    *(
        path(f"witnesses/<str:uid>/{name}/", settings.WitnessStep.as_view(service=service, done=done), name=name)
        for name, service, done in STEPS
    ),
    path("anchors/new/", settings.AddAnchor.as_view(), name="add_anchor"),
    path("anchors/<str:uid>/", anchors.AnchorPage.as_view(), name="anchor"),
    path("anchors/<str:uid>/stop/", settings.StopAnchor.as_view(), name="stop_anchor"),
]
