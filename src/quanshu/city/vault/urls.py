"""Addresses of the vault."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.city.vault import services
from quanshu.city.vault.pages import holder, issuing, keys, public, verifying

app_name = "vault"
ENDS = (
    ("suspend", services.suspend_certificate, _("Suspend the certificate")),
    ("reinstate", services.reinstate_certificate, _("Reinstate the certificate")),
    ("revoke", services.revoke_certificate, _("Revoke the certificate")),
)
urlpatterns = [
    path("", holder.MyVault.as_view(), name="mine"),
    path("gather/", holder.Gather.as_view(), name="gather"),
    path("erase/<str:uid>/", holder.Erase.as_view(), name="erase"),
    path("mine/<str:uid>/", holder.CardPage.as_view(), name="card"),
    path("mine/<str:uid>/present/", holder.Present.as_view(), name="present"),
    path("mine/<str:uid>/pdf/", holder.Pdf.as_view(), name="pdf"),
    path("shown/<str:uid>/", holder.ShownPage.as_view(), name="shown"),
    path("ask/<str:uid>/", holder.Ask.as_view(), name="ask"),
    path("ask/<str:uid>/decline/", holder.Decline.as_view(), name="decline"),
    path("verify/", public.Verify.as_view(), name="verify"),
    path("p/<str:token>/", public.OpenLink.as_view(), name="open"),
    path("issuers/", public.Issuers.as_view(), name="issuers"),
    path("issuers/<str:uid>/", public.IssuerMetadata.as_view(), name="issuer"),
    path("types/<str:code>/", public.TypeMetadata.as_view(), name="type"),
    path("status/<str:uid>/", public.Status.as_view(), name="status"),
    path("seal-authority/", public.Authority.as_view(), name="authority"),
    path("issued/", issuing.Issued.as_view(), name="issued"),
    path("issued/find/", issuing.LookUp.as_view(), name="look_up"),
    path("issued/<str:uid>/", issuing.IssuedPage.as_view(), name="issued_one"),
    path("issue/", issuing.Issue.as_view(), name="issue"),
    path("batch/", issuing.Batch.as_view(), name="batch"),
    path("works/<str:uid>/", issuing.WorkPage.as_view(), name="work"),
    path("registered/", issuing.Registered.as_view(), name="registered"),
    path("registered/new/", issuing.Register.as_view(), name="register"),
    path("requests/", verifying.Requests.as_view(), name="requests"),
    path("requests/new/<str:code>/", verifying.NewRequest.as_view(), name="ask_new"),
    path("requests/<str:uid>/", verifying.RequestPage.as_view(), name="request"),
    path("keys/", keys.Keys.as_view(), name="keys"),
    path("keys/rotate/", keys.Rotate.as_view(), name="rotate"),
    path("keys/<int:version>/destroy/", keys.DestroyMaster.as_view(), name="destroy_master"),
    *(
        path(f"issued/<str:uid>/{name}/", issuing.End.as_view(service=service, title=title), name=name)
        for name, service, title in ENDS
    ),
]
# Mounted below /.well-known/jwt-vc-issuer/, followed by the path of the issuer's own address.
well_known = [path("<str:uid>", public.IssuerMetadata.as_view(), name="vault-well-known")]
