"""What pages call rights, kinds of objects and background work: words in both languages, never a bare code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import gettext, override

import quanshu
from quanshu.kernel.clock import now
from quanshu.organisation.api import create_first_administrator
from quanshu.shared.access.api import SYSTEM, NotAllowed, declared_grants, right_label
from quanshu.shared.audit import labels
from quanshu.shared.audit.api import kind_label, record
from quanshu.shared.jobs.api import Job, job_label
from quanshu.shared.jobs.registry import registered_jobs
from support_code import parsed

SOURCE = Path(quanshu.__file__).parent


def recorded_kinds() -> Iterator[str]:
    """Kinds that the source names: constants called …KIND, and `kind=` of what is recorded."""
    for path in SOURCE.rglob("services*/**/*.py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                if any(isinstance(name, ast.Name) and name.id.endswith("KIND") for name in node.targets):
                    yield str(node.value.value)
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "record":
                for word in node.keywords:
                    if word.arg == "kind" and isinstance(word.value, ast.Constant):
                        yield str(word.value.value)


def names() -> dict[str, set[str]]:
    """{registry: codes it must know}."""
    acts = {act.rpartition(".")[0] for act in labels._labels if act.startswith(tuple(rooms()))}
    return {
        "rights": {permission for _role, permission, _scope in declared_grants()},
        "kinds": {*recorded_kinds(), *acts},
        "jobs": {name for name in registered_jobs() if not name.startswith("test")},
    }


def rooms() -> set[str]:
    """The first word of every right of the house, with its dot."""
    return {permission.partition(".")[0] + "." for _role, permission, _scope in declared_grants()}


@pytest.mark.parametrize(("registry", "read"), [("rights", right_label), ("kinds", kind_label), ("jobs", job_label)])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_code_has_a_name(registry: str, read: object, language: str) -> None:
    assert callable(read)
    codes = names()[registry]
    assert len(codes) > 25
    with override(language):
        bare = {code for code in codes if read(code) == code or (language != "en" and read(code).isascii())}
    assert not bare


def test_a_refusal_names_the_right_in_words_and_keeps_its_code_for_programs() -> None:
    fault = NotAllowed(permission="services.grant.revoke")
    with override("zh-hans"):
        told = fault.as_dict(gettext)
    assert "收回授权" in told["message"]
    assert "services.grant.revoke" not in told["message"]
    assert told["params"] == {"permission": "services.grant.revoke"}
    assert "services.grant.revoke" in str(fault)


@pytest.mark.django_db
def test_pages_of_roles_work_and_trail_tell_names(client: Client) -> None:
    user = create_first_administrator(username="a", password="correct-horse-7", name="管理员", now=now())
    client.force_login(user)
    client.cookies["django_language"] = "zh-hans"
    job = Job.objects.create(name="bulk.refresh", run_at=now(), created_at=now())
    entry = record(actor=SYSTEM, action="bulk.grant.created", kind="bulk.grant", uid="1", label="x", now=now())
    assert "收回授权" in client.get("/organisation/roles/").content.decode()
    assert "刷新批量视图" in client.get("/operations/").content.decode()
    assert "刷新批量视图" in client.get(f"/operations/jobs/{job.uid}/").content.decode()
    assert "批量授权" in client.get("/audit/", {"kind": "bulk.grant"}).content.decode()
    assert "x (批量授权)" in client.get(f"/audit/{entry.uid}/").content.decode()


@pytest.mark.django_db
def test_lists_find_work_and_acts_by_their_names(client: Client) -> None:
    user = create_first_administrator(username="a", password="correct-horse-7", name="管理员", now=now())
    client.force_login(user)
    client.cookies["django_language"] = "zh-hans"
    for name in ("bulk.refresh", "services.serve"):
        Job.objects.create(name=name, run_at=now(), created_at=now())
    found = client.get("/operations/", {"q": "批量视图"}).content.decode()
    assert "刷新批量视图" in found
    assert "构建服务表" not in found
    details = {"rows": 12345, "whole": True, "fields": ["a", "b"], "nobody_named_this": None}
    entry = record(actor=SYSTEM, action="bulk.grant.created", kind="bulk.grant", uid="1", details=details, now=now())
    with override("zh-hans"):
        named = entry.action_label
    for asked in ({"q": named}, {"action": named}, {"action": "bulk.grant"}):
        assert str(entry.uid) in client.get("/audit/", asked).content.decode(), asked
    assert str(entry.uid) not in client.get("/audit/", {"action": "census"}).content.decode()
    page = client.get(f"/audit/{entry.uid}/").content.decode()
    for told in ("行数", "12,345", "是", "a, b", "nobody_named_this"):
        assert told in page, told
