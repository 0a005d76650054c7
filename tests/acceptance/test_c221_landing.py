"""Clause 2.2.1: structured data lands except what the bureau agrees is specially sensitive, with a reason."""

from __future__ import annotations

import pytest

from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import history
from quanshu.shared.workflow.api import todos_for
from quanshu.supply.catalogue.api import (
    Entry,
    catalogue_figures,
    grade_items,
    publish_entry,
    revise_entry,
    submit_entry,
    update_entry,
)
from support_catalogue import GRADES, NOW, Cast, entry_data, make_cast

pytestmark = pytest.mark.django_db
REASON = "涉及侦查秘密，依法不得离开公安网"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def published(cast: Cast, **changes: str) -> Entry:
    entry = cast.entry(**changes)  # type: ignore[arg-type]
    grade_items(actor=SYSTEM, now=NOW, entry=entry, grades=GRADES)
    submit_entry(actor=SYSTEM, now=NOW, entry=entry)
    return publish_entry(actor=SYSTEM, now=NOW, entry=entry)


def waiting(cast: Cast) -> int:
    return todos_for(cast.actor("officer")).filter(kind="landing.exception").count()


def test_only_an_agreed_exception_leaves_the_landing_rate(cast: Cast) -> None:
    landed, kept = published(cast), published(cast, resource_name="侦查线索信息", sensitive_reason=REASON)
    Entry.objects.filter(pk=landed.pk).update(landed_rows=10, landed_at=now())
    assert catalogue_figures().landing_rate == 0.5
    assert waiting(cast) == 1

    officer = cast.browser("officer")
    assert "exception" in officer.get(f"/catalogue/{kept.uid}/").content.decode()
    assert REASON in officer.get(f"/catalogue/{kept.uid}/exception/").content.decode()
    assert officer.post(f"/catalogue/{kept.uid}/exception/", {"answer_is": "agree"}).status_code == 302
    figures = catalogue_figures()
    assert (figures.landing_rate, figures.to_land, figures.excepted) == (1.0, 1, 1)
    assert waiting(cast) == 0
    assert "landing.exception.agreed" in [row.action for row in history("catalogue.entry", kept.uid)]

    page = officer.get("/catalogue/landing/").content.decode()
    assert "100.0%" in page
    rows = officer.get("/catalogue/landing/exceptions/", {"export": "csv"})
    text = b"".join(rows).decode()  # type: ignore[arg-type]
    assert REASON in text
    assert "officer某" in text
    again = officer.post(f"/catalogue/{kept.uid}/exception/", {"answer_is": "refuse", "reason": "不再需要"})
    assert again.status_code == 404


def test_a_refusal_says_why_and_a_changed_reason_is_asked_again(cast: Cast) -> None:
    entry = published(cast, sensitive_reason=REASON)
    program, path = cast.program("officer"), f"/api/v1/catalogue/entries/{entry.uid}/exception"
    assert cast.program("steward").post(path, {"agreed": True}, "application/json").status_code == 403
    bare = program.post(path, {"agreed": False}, "application/json")
    assert bare.status_code == 422
    assert "reason" in bare.content.decode()
    assert program.post(path, {"agreed": True}, "application/json").json()["state"] == "agreed"
    assert program.post(path, {"agreed": True}, "application/json").status_code == 404
    assert catalogue_figures().landing_rate is None

    entry = revise_entry(actor=SYSTEM, now=NOW, entry=entry)
    update_entry(actor=SYSTEM, now=NOW, entry=entry, data=entry_data(sensitive_reason="换一个理由"))
    assert catalogue_figures().to_land == 1, "a new reason counted before the bureau agreed to it"
    answer = program.post(path, {"agreed": False, "answer": "不属于特别敏感数据"}, "application/json").json()
    assert answer["state"] == "refused"
    update_entry(actor=SYSTEM, now=NOW, entry=Entry.objects.get(pk=entry.pk), data=entry_data())
    states = {row["state"] for row in program.get("/api/v1/catalogue/landing/exceptions").json()["items"]}
    assert states == {"ended", "refused"}


def test_what_hangs_is_listed_with_its_stage_and_owner(cast: Cast) -> None:
    entry = published(cast)
    page = cast.browser("officer", "en").get("/catalogue/landing/hanging/").content.decode()
    assert "Source and last load" in page
    assert "No source is registered for it." in page
    rows = cast.program("officer").get("/api/v1/catalogue/landing/hanging").json()["items"]
    assert [(row["uid"], row["hangs_at"]["owner"]["unit"]) for row in rows] == [(entry.uid, "police of the city")]
    Entry.objects.filter(pk=entry.pk).update(landed_rows=3, landed_at=now())
    assert cast.program("officer").get("/api/v1/catalogue/landing/hanging").json()["total"] == 0


def test_a_reason_under_revision_stays_within_its_unit(cast: Cast) -> None:
    entry = revise_entry(actor=SYSTEM, now=NOW, entry=published(cast))
    update_entry(actor=SYSTEM, now=NOW, entry=entry, data=entry_data(sensitive_reason=REASON))
    for client, seen in ((cast.browser("steward"), True), (cast.browser("other"), False)):
        assert (REASON in client.get("/catalogue/landing/exceptions/").content.decode()) is seen
        assert client.get(f"/catalogue/{entry.uid}/exception/").status_code == 403
