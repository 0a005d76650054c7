"""Who may act for whom: asked for with proof, checked, decided, given, ended; and what nobody else may."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.kernel.clock import freeze, now
from quanshu.shared.audit.api import AuditEntry
from quanshu.shared.notify.api import Notice
from quanshu.shared.workflow.api import TodoItem, clocks_of
from quanshu.sharing.subjects.api import Mandate, NotMandated, acting_subject, actor_of_subject
from quanshu.sharing.subjects.services import end_replaced
from support_catalogue import Cast, make_cast, uscc
from support_citizen import PERSON, a_number, a_subject, proof, signed_in

pytestmark = pytest.mark.django_db
CHILD = a_number(101, "20200601")
ASKED = {"number": CHILD, "name": "张小宝", "relation": "father"}


@pytest.fixture
def cast(db: None, settings: Any, tmp_path: Path) -> Cast:
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    return make_cast()


def ask(client: Client, **changes: Any) -> Any:
    body = {**ASKED, "evidence": proof("出生证明.pdf"), **changes}
    return client.post("/my/others/guardian/", {name: value for name, value in body.items() if value is not None})


def test_a_guardian_is_approved_acts_and_ends_at_the_eighteenth_birthday(cast: Cast) -> None:
    parent = a_subject()
    client, bureau = signed_in(parent), cast.browser("officer", "en")
    assert ask(client).status_code == 302
    mandate = Mandate.objects.get()
    assert (mandate.state, mandate.kind) == ("asked", "guardian")
    clock = clocks_of("subjects.mandate", mandate.uid).get()
    assert clock.days == 2
    assert TodoItem.objects.filter(subject_uid=mandate.uid, closed_at__isnull=True).count() == 1
    actor = actor_of_subject(parent)
    with pytest.raises(NotMandated):
        acting_subject(actor, uid=mandate.principal.uid, now=now())
    assert client.post("/my/account/acting/", {"subject": mandate.principal.uid}).status_code == 403
    url = f"/subjects/mandates/{mandate.uid}/"
    page = bureau.get(url).content.decode()
    assert CHILD not in page, "numbers are masked"
    assert bureau.get(f"{url}evidence/").status_code == 200
    assert cast.browser("steward", "en").get(url).status_code == 403
    assert bureau.post(f"{url}approve/").status_code == 302
    assert bureau.post(f"{url}approve/", follow=True).status_code == 200
    mandate.refresh_from_db()
    assert mandate.state == "in_force"
    assert mandate.valid_until is not None
    assert mandate.valid_until.year == 2038
    assert acting_subject(actor, uid=mandate.principal.uid, now=now(), what="consent") == mandate.principal
    assert client.post("/my/account/acting/", {"subject": mandate.principal.uid}).status_code == 302
    assert "张小宝" in client.get("/my/").content.decode()
    with freeze(mandate.valid_until + timedelta(days=1)), pytest.raises(NotMandated):
        acting_subject(actor, uid=mandate.principal.uid, now=now())
    assert client.post(f"/my/others/{mandate.uid}/end/").status_code == 302
    assert client.get("/my/").status_code == 403, "the mandate has ended under the session"
    assert "张三丰" in client.get("/my/").content.decode(), "and one is oneself again"
    assert TodoItem.objects.filter(subject_uid=mandate.uid, closed_at__isnull=True).count() == 0
    texts = [str(row) for row in AuditEntry.objects.values_list("label", "details", "actor_name")]
    assert not [text for text in texts if CHILD in text or "张小宝" in text or "出生证明" in text]


def test_wrong_requests_are_refused_with_the_field_at_fault(cast: Cast) -> None:
    client = signed_in(a_subject())
    for changes, field in (
        ({"number": "370102202006011"}, "number"),
        ({"number": CHILD[:-1] + ("0" if CHILD[-1] != "0" else "1")}, "number"),
        ({"number": PERSON}, "number"),
        ({"number": a_number(102, "19800601")}, "number"),
        ({"relation": "uncle"}, "relation"),
        ({"evidence": None}, "evidence"),
        ({"evidence": proof("x.pdf", b"GIF89a")}, "evidence"),
        ({"name": " "}, "name"),
    ):
        answer = ask(client, **changes)
        assert answer.status_code == 422, (changes, answer.status_code)
        assert f'id="id_{field}"' in answer.content.decode()
    assert Mandate.objects.count() == 0
    assert ask(client, number=a_number(102, "19800601"), relation="court").status_code == 302
    assert ask(client).status_code == 302
    assert ask(client).status_code == 422, "one request at a time"


def test_a_refused_request_has_a_reason_and_nobody_else_sees_it(cast: Cast) -> None:
    client, other, bureau = signed_in(a_subject()), signed_in(a_subject(a_number(7), "王五")), cast.browser("officer")
    ask(client)
    mandate = Mandate.objects.get()
    mine = f"/my/others/{mandate.uid}/"
    assert client.get(mine).status_code == 200
    assert other.get(mine).status_code == 404
    assert other.get(f"{mine}evidence/").status_code == 404
    assert other.post(f"{mine}end/").status_code == 404
    assert other.get("/api/v1/my/account/mandates").json()["total"] == 0
    refuse = f"/subjects/mandates/{mandate.uid}/refuse/"
    assert bureau.post(refuse, {"reason": " "}).status_code == 422
    assert bureau.post(refuse, {"reason": "出生证明不清晰"}).status_code == 302
    mandate.refresh_from_db()
    assert (mandate.state, mandate.answer) == ("refused", "出生证明不清晰")
    assert Notice.objects.filter(recipient_uid=mandate.agent.uid).count() == 1
    assert client.post(f"{mine}withdraw/", follow=True).status_code == 200
    mandate.refresh_from_db()
    assert mandate.state == "refused"


def test_a_representative_named_by_a_register_is_in_force_at_once(cast: Cast, monkeypatch: Any) -> None:
    client = signed_in(a_subject())
    found = "unknown"
    monkeypatch.setattr("quanshu.sharing.subjects.services.mandates.check_representative", lambda *_given: found)
    asked = {"number": uscc(9), "name": "泉城科技有限公司"}
    assert client.post("/my/others/enterprise/", asked).status_code == 422, "a proof is needed"
    found = "name"
    assert client.post("/my/others/enterprise/", {**asked, "evidence": proof()}).status_code == 302
    assert Mandate.objects.get().state == "asked", "a namesake is no proof"
    found = "matched"
    assert client.post("/my/others/enterprise/", {**asked, "number": uscc(8)}).status_code == 302
    mandate = Mandate.objects.get(checked="matched")
    assert mandate.state == "in_force"
    assert mandate.principal.kind == "enterprise"
    assert client.post("/my/others/enterprise/", {**asked, "number": "91370100MA0000000"}).status_code == 422


def test_a_representative_whom_the_register_replaces_acts_no_more(cast: Cast, monkeypatch: Any) -> None:
    """Also when the session is open; while the register is silent nothing ends."""
    said = {"now": "matched"}
    check = "quanshu.sharing.subjects.services.mandates.check_representative"
    monkeypatch.setattr(check, lambda uscc, number, name: said["now"])
    agent = a_subject()
    client = signed_in(agent)
    asked = {"number": uscc(7), "name": "济南泉水科技有限公司"}
    assert client.post("/my/others/enterprise/", asked).status_code == 302
    mandate = Mandate.objects.get()
    assert client.post("/my/account/acting/", {"subject": mandate.principal.uid}).status_code == 302
    for answer, ended in (("matched", 0), ("unknown", 0), ("name", 0), ("other", 1), ("other", 0)):
        said["now"] = answer
        assert end_replaced(now()) == ended, answer
    mandate.refresh_from_db()
    assert (mandate.state, mandate.decided_by) == ("ended", "system")
    assert client.get("/my/data/").status_code == 403
    assert Notice.objects.filter(recipient_uid=agent.uid).exists()
    assert AuditEntry.objects.filter(action="subjects.mandate.ended", object_uid=mandate.uid).count() == 1


def test_a_delegate_may_do_what_was_given_and_no_more(cast: Cast) -> None:
    principal, delegate = a_subject(), a_subject(a_number(7), "王五")
    client = signed_in(principal)
    day = (now() + timedelta(days=30)).date().isoformat()
    given = {"number": a_number(7), "name": "王五", "scope": ["view"], "until": day}
    for changes in ({"scope": []}, {"until": "2020-01-01"}, {"until": "2099-01-01"}, {"number": PERSON}):
        assert client.post("/my/others/delegate/", {**given, **changes}).status_code == 422, changes
    assert client.post("/my/others/delegate/", given).status_code == 302
    mandate = Mandate.objects.get()
    assert mandate.state == "in_force"
    actor = actor_of_subject(delegate)
    assert acting_subject(actor, uid=principal.uid, now=now(), what="view") == principal
    for what in ("correct", "download", "consent"):
        with pytest.raises(NotMandated):
            acting_subject(actor, uid=principal.uid, now=now(), what=what)
    other = signed_in(delegate)
    assert other.post("/my/account/acting/", {"subject": principal.uid}).status_code == 302
    assert other.get("/my/").status_code == 200
    assert other.get("/my/download/").status_code == 403
    assert client.post(f"/my/others/{mandate.uid}/end/").status_code == 302
    assert other.get("/my/data/").status_code == 403
    body = {
        "number": a_number(7),
        "name": "王五",
        "scope": ["consent"],
        "until": (now() + timedelta(days=9)).isoformat(),
    }
    made = client.post("/api/v1/my/account/delegations", body, content_type="application/json")
    assert made.status_code == 201, made.content.decode()
    ended = client.post(f"/api/v1/my/account/mandates/{made.json()['uid']}/end")
    assert ended.json()["state"] == "ended"


def test_who_names_another_by_number_learns_no_name(cast: Cast) -> None:
    """A number alone, with any name beside it, does not tell whose it is."""
    known, asker = a_subject(a_number(31), "欧阳明月"), a_subject(a_number(32), "王五")
    client = signed_in(asker)
    until = (now() + timedelta(days=9)).date().isoformat()
    given = {"number": a_number(31), "name": "不知道", "scope": ["view"], "until": until}
    made = client.post("/my/others/delegate/", given)
    assert made.status_code == 302
    asked = {"kind": "guardian", "number": a_number(31), "name": "不知道", "relation": "court", "evidence": proof()}
    answer = client.post("/api/v1/my/account/mandates", asked)
    assert answer.status_code == 201, answer.content.decode()
    guardian = Mandate.objects.get(kind="guardian")
    pages = ("/my/others/", "/my/others/?q=不知道", "/my/others/?q=欧阳", "/my/others/?export=csv", made["Location"],
             guardian.get_absolute_url(), "/my/account/", "/api/v1/my/account/mandates")  # fmt: skip
    for page in pages:
        found = client.get(page)
        text = b"".join(found.streaming_content if found.streaming else [found.content]).decode()
        assert "明月" not in text, page
    assert "不知道" in client.get("/my/others/").content.decode()
    assert made["Location"] in client.get("/my/others/?q=不知道").content.decode()
    assert made["Location"] not in client.get("/my/others/?q=欧阳").content.decode()
    assert "明月" not in answer.content.decode()
    # Who is named reads their own name; the bureau reads both, to compare them.
    assert "欧阳明月" in signed_in(known).get(made["Location"]).content.decode()
    review = cast.browser("officer", "en")
    page = review.get(f"/subjects/mandates/{guardian.uid}/").content.decode()
    assert "欧阳明月" in page
    assert "不知道" in page
