"""Addresses of composition."""

from __future__ import annotations

from django.urls import path

from quanshu.sharing.composition.pages import compositions, editor

app_name = "composition"
urlpatterns = [
    path("", compositions.Compositions.as_view(), name="compositions"),
    path("new/", compositions.NewComposition.as_view(), name="new"),
    path("<str:uid>/", compositions.CompositionPage.as_view(), name="composition"),
    path("<str:uid>/names/", compositions.ChangeNames.as_view(), name="names"),
    path("<str:uid>/draw/", editor.Editor.as_view(), name="edit"),
    path("<str:uid>/draw/", editor.Editor.as_view(), name="edit-of"),
    path("<str:uid>/try/", compositions.TryParts.as_view(), name="try"),
    path("<str:uid>/publish/", compositions.Publish.as_view(), name="publish"),
    path("<str:uid>/withdraw/", compositions.Withdraw.as_view(), name="withdraw"),
]
