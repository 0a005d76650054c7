"""Materials over pages and API: wrong files, wrong people, wrong moments; downloads are audited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quanshu.kernel.clock import freeze
from quanshu.shared.audit.api import AuditEntry
from quanshu.supply.registration import rules
from quanshu.supply.registration.api import Application, Material, apply_first, submit_application
from quanshu.supply.registration.types import ApplicationData
from support_catalogue import Cast, make_cast
from support_quality import MONDAY, published
from support_registration import attach, pdf

STATED = ApplicationData("依职责采集", "户口登记条例第三条", ("hold",), "每日更新并共享")


@pytest.fixture
def draft(db: None, settings: Any, tmp_path: Path) -> tuple[Cast, Application]:
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    cast = make_cast()
    return cast, apply_first(actor=cast.actor("steward"), now=MONDAY, entry=published(cast), data=STATED)


def address(application: Application) -> str:
    return f"/api/v1/registration/applications/{application.uid}/materials"


def send(
    client: Client, application: Application, kind: str = "source", name: str = "a.pdf", content: Any = None
) -> Any:
    """Attach over the API."""
    file = SimpleUploadedFile(name, pdf("a") if content is None else content)
    with freeze(MONDAY):
        return client.post(address(application), {"kind": kind, "file": file})


def submitted(cast: Cast, application: Application) -> Application:
    """The draft with its required materials, submitted."""
    steward = cast.program("steward")
    for kind in ("source", "legality"):
        assert send(steward, application, kind).status_code == 201
    return submit_application(actor=cast.actor("steward"), now=MONDAY, application=application)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.exe", b"MZ"), ("a.pdf", b"MZ"), ("a.pdf", b""), ("a.pdf", pdf() + b"0" * (1 << 20)), ("a.docm", pdf())],
)
def test_a_wrong_file_leaves_nothing_behind(
    draft: tuple[Cast, Application], monkeypatch: Any, settings: Any, name: str, content: bytes
) -> None:
    monkeypatch.setattr(rules, "MATERIAL_MIB", 1)
    cast, application = draft
    page = attach(cast.browser("steward"), application.get_absolute_url(), "source", name, content, at=MONDAY)
    assert page.status_code == 422
    assert "invalid-feedback" in page.content.decode()
    answer = send(cast.program("steward"), application, name=name, content=content)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "file"
    assert not Material.objects.exists()
    assert not [path for path in settings.QUANSHU_FILES_DIR.rglob("*") if path.is_file()]


def test_a_wrong_kind_and_a_missing_file_are_named(draft: tuple[Cast, Application]) -> None:
    cast, application = draft
    client = cast.program("steward")
    assert send(client, application, kind="gift").json()["errors"][0]["field"] == "kind"
    assert client.post(address(application), {"kind": "source"}).status_code == 422


def test_the_same_file_once_a_kind_and_no_more_than_the_limit(
    draft: tuple[Cast, Application], monkeypatch: Any
) -> None:
    cast, application = draft
    client = cast.program("steward")
    assert send(client, application).status_code == 201
    assert send(client, application).status_code == 422
    assert send(client, application, kind="other").status_code == 201
    monkeypatch.setattr(rules, "MOST_MATERIALS", 2)
    refused = send(client, application, content=pdf("third"))
    assert refused.status_code == 409
    assert "has 2 materials" in refused.json()["message"]
    # The button on the page says the same.
    page = cast.browser("steward", "en").get(application.get_absolute_url()).content.decode()
    assert "which is the most" in page


def test_another_unit_finds_nothing_and_the_reviewer_does_not_attach(draft: tuple[Cast, Application]) -> None:
    cast, application = draft
    made = send(cast.program("steward"), application).json()
    one = f"{address(application)}/{made['uid']}"
    other = cast.program("other")
    assert send(other, application).status_code == 404
    assert other.get(address(application)).status_code == 404
    assert other.get(f"{one}/file").status_code == 404
    assert other.delete(one).status_code == 404
    page = f"{application.get_absolute_url()}materials/{made['uid']}/"
    assert cast.browser("other").get(page).status_code == 404
    assert cast.browser("other").post(f"{page}remove/").status_code == 404
    assert send(cast.program("officer"), application).status_code == 403
    assert cast.program("officer").delete(one).status_code == 403
    assert Client().get(f"{one}/file").status_code == 401
    assert Client(HTTP_ACCEPT="text/html").get(page).status_code == 302
    assert Material.objects.count() == 1
    # A material is found only under its own application.
    elsewhere = address(application).replace(application.uid, made["uid"])
    assert cast.program("steward").get(f"{elsewhere}/{made['uid']}/file").status_code == 404


def test_after_submission_materials_are_frozen(draft: tuple[Cast, Application]) -> None:
    cast, application = draft
    submitted(cast, application)
    client, material = cast.program("steward"), Material.objects.first()
    assert material is not None
    assert send(client, application, content=pdf("late")).json()["code"] == "registration.wrong_state"
    assert client.delete(f"{address(application)}/{material.uid}").json()["code"] == "registration.wrong_state"
    page = cast.browser("steward", "en").get(application.get_absolute_url()).content.decode()
    assert "Take out" not in page
    assert "Attach a material" not in page
    assert Material.objects.count() == 2


def test_without_its_materials_nothing_is_submitted(draft: tuple[Cast, Application]) -> None:
    cast, application = draft
    client = cast.program("steward")
    send(client, application, kind="source")
    answer = client.post(f"{address(application).removesuffix('materials')}submit", {}, content_type="application/json")
    assert answer.status_code == 409
    assert answer.json()["params"]["kinds"] == ["legality"]
    assert "Statement of lawfulness" in answer.json()["message"]
    said = cast.browser("steward").post(f"{application.get_absolute_url()}submit/", follow=True)
    assert "合法性说明" in said.content.decode()
    application.refresh_from_db()
    assert application.state == "draft"


def test_a_download_is_the_file_for_those_who_may_and_each_is_audited(draft: tuple[Cast, Application]) -> None:
    cast, application = draft
    made = send(cast.program("steward"), application, name="来源证明.pdf").json()
    api = cast.program("officer").get(f"{address(application)}/{made['uid']}/file")
    page = cast.browser("officer").get(f"{application.get_absolute_url()}materials/{made['uid']}/")
    for answer in (api, page):
        assert b"".join(answer.streaming_content) == pdf("a")
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
    read = AuditEntry.objects.filter(action="registration.material.read", object_uid=made["uid"])
    assert [row.actor_name for row in read] == ["officer某"] * 2
    # The trail names the digest, not the file's name.
    assert all("来源证明" not in str(row.details) for row in AuditEntry.objects.all())


def test_the_reviewer_judges_and_the_application_stops_while_one_is_lacking(draft: tuple[Cast, Application]) -> None:
    cast, application = draft
    submitted(cast, application)
    base, officer = address(application), cast.program("officer")
    first, second = cast.program("officer").get(base).json()

    def judge(client: Client, *words: dict[str, str]) -> Any:
        with freeze(MONDAY):
            return client.post(f"{base}/judge", {"words": list(words)}, content_type="application/json")

    lacking = {"material": first["uid"], "verdict": "lacking", "reason": "未盖章"}
    assert judge(cast.program("steward"), lacking).status_code == 403
    assert judge(officer, {**lacking, "reason": ""}).json()["errors"][0]["field"] == f"reason_{first['uid']}"
    assert judge(officer, {**lacking, "verdict": "fine"}).status_code == 422
    assert judge(officer, {**lacking, "material": "none"}).status_code == 404
    assert not Material.objects.exclude(verdict="").exists()
    judged = judge(officer, lacking, {"material": second["uid"], "verdict": "complete"}).json()
    assert [row["verdict"] for row in judged] == ["lacking", "complete"]
    with freeze(MONDAY):
        passed = officer.post(f"{base.removesuffix('materials')}pass", {}, content_type="application/json")
    assert passed.json()["code"] == "registration.materials_lacking"
    page = cast.browser("officer", "en").get(application.get_absolute_url()).content.decode()
    assert "found these materials lacking" in page
    # The word is taken back, and the review goes on.
    judge(officer, {"material": first["uid"], "verdict": ""})
    with freeze(MONDAY):
        passed = officer.post(f"{base.removesuffix('materials')}pass", {}, content_type="application/json")
    assert passed.json()["state"] == "material"
