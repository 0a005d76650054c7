"""Clauses 2.1.5 and 2.5.1: records of one person under one identity, 生存状态 from sources that disagree, by HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.kernel.clock import freeze
from quanshu.shared.audit.api import AuditEntry
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.fusion.api import IdentityEvent, Review, Run, Scheme
from quanshu.supply.lake_store import get_lake
from support_catalogue import make_cast
from support_fusion import PEOPLE, Registers, citizen_id, insurance_rows, make_registers, register_rows, row
from support_quality import MONDAY, own_lake, work

WHY = "经电话核实"


@pytest.fixture
def registers(db: None, settings: Any, tmp_path: Path) -> Iterator[Registers]:
    with own_lake(settings, tmp_path) as folder, freeze(MONDAY):
        yield make_registers(make_cast(), folder)


class Story:
    """The officer's browser and program, and the clock that moves between their steps."""

    def __init__(self, registers: Registers) -> None:
        self.registers = registers
        self.browser: Client = registers.cast.browser("officer")
        self.program: Client = registers.cast.program("officer")

    def work(self) -> Run:
        """The worker does all that waits; the run in use then."""
        self.registers.at += timedelta(minutes=2)
        work(self.registers.at)
        scheme = Scheme.objects.select_related("current").get()
        assert scheme.current is not None
        return scheme.current

    def post(self, path: str, data: dict[str, Any]) -> Any:
        """A form sent from the browser."""
        with freeze(self.registers.at):
            return self.browser.post(path, data)

    def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """An answer of the API, by POST when there is a body."""
        with freeze(self.registers.at):
            if body is None:
                return self.program.get(f"/api/v1/fusion/{path}").json()
            return self.program.post(f"/api/v1/fusion/{path}", body, content_type="application/json").json()

    def find(self, by: str, value: str) -> list[str]:
        """Identities with this identifier, name or record."""
        body = {"scheme": Scheme.objects.get().uid, "by": by, "value": value, "purpose": "测试核验"}
        return [one["uid"] for one in self.api("identities/search", body)["items"]]


def begun(registers: Registers) -> Story:
    """A scheme written in the browser, put in force by another person, and run."""
    story = Story(registers)
    data = registers.data()
    names = ("code", "kind", "title", "title_en", "sources", "classification_code", "survivors", "evidence")
    form = {name: getattr(data, name) for name in names}
    form |= {"unit": registers.cast.units["bureau"].uid, "link_at": "0.95", "review_at": "0.5"}
    wrong = story.post("/fusion/new/", {**form, "sources": "register = 999/9 | name: name"})
    assert wrong.status_code == 422
    page = story.post("/fusion/new/", form)["Location"]
    story.post(f"{page}submit/", {})
    story.post(f"{page}enforce/", {})
    scheme = Scheme.objects.get()
    assert scheme.in_force is None
    scheme.versions.update(author_uid="another")
    story.post(f"{page}enforce/", {})
    assert story.post(f"{page}run/", {}).status_code == 302
    story.work()
    return story


def test_two_batches_a_merge_a_split_and_a_decision_that_binds(registers: Registers) -> None:
    story = begun(registers)
    first = {name: story.find("identifier", citizen_id(101 + place, born))
             for place, (name, _id, _phone, born, _address) in enumerate(PEOPLE)}  # fmt: skip
    assert all(len(found) == 1 for found in first.values())
    uids = {name: found[0] for name, found in first.items()}
    assert len(set(uids.values())) == 5
    assert story.find("record", "insurance:I0") == [uids["张三丰"]]
    assert story.find("name", "欧阳七星") == [uids["欧阳七星"]]
    # A new batch links against the registry: only its own record is compared.
    registers.load("insurance", insurance_rows(0, 1, status="3") + insurance_rows(2, status="1"))
    run = story.work()
    assert (run.cause, run.figures["touched"]) == ("followed", 1)
    assert story.find("record", "insurance:I2") == [uids["王五福"]]
    # Somebody without a number whose name and day are those of a resident: put before a steward, or linked by likeness.
    registers.load(
        "insurance",
        [*insurance_rows(0, 1, status="3"), row("I9", "", "赵六合", birth_date="1973-08-09", address="济南市")],
    )
    story.work()
    assert len(story.find("name", "赵六合")) == 2
    review = Review.objects.get(kind="between", state="open")
    page = story.browser.get(review.get_absolute_url()).content.decode()
    assert "赵**" in page
    assert "赵六合" not in page
    assert story.post(f"{review.get_absolute_url()}answer/", {"verdict": "same"}).status_code == 422
    story.post(f"{review.get_absolute_url()}answer/", {"verdict": "same", "reason": WHY})
    assert story.work().cause == "decided"
    assert story.find("record", "insurance:I9") == [uids["赵六合"]]
    assert IdentityEvent.objects.get(happening="merged").other == uids["赵六合"]
    # The decision stands in the way of a split until it is undone.
    links = story.api(f"identities/{uids['赵六合']}")["links"]
    place = next(link["place"] for link in links if link["source"] == "insurance")
    body = {"records": [place], "reason": WHY}
    assert story.api(f"identities/{uids['赵六合']}/split", body)["code"] == "fusion.contradicts"
    undone = story.api("decisions")["items"][0]["uid"]
    story.api(f"decisions/{undone}/undo", {"reason": "本人否认"})
    story.work()
    assert story.find("record", "insurance:I9") != [uids["赵六合"]]
    assert Review.objects.filter(kind="between", state="open").exists()


def test_merge_and_split_from_the_identity_page_bind_and_are_undone(registers: Registers) -> None:
    story = begun(registers)
    one, other = story.find("name", "王五福")[0], story.find("name", "赵六合")[0]
    elder, younger = sorted((one, other))
    page = f"/fusion/identities/{younger}/"
    assert story.browser.get(page).status_code == 200
    assert story.post(f"{page}merge/", {"other": younger, "reason": WHY}).status_code == 422
    assert story.post(f"{page}merge/", {"other": elder, "reason": WHY}).status_code == 302
    story.work()
    merged = story.api(f"identities/{younger}")
    assert (merged["state"], merged["merged_into"]) == ("merged", elder)
    kept = story.api(f"identities/{elder}")
    assert {link["how"] for link in kept["links"]} == {"root", "decided"}
    assert [event["happening"] for event in kept["history"]] == ["merged"]
    # It holds when the sources are loaded again and the model is trained anew.
    registers.load("register", register_rows())
    story.api(f"schemes/{Scheme.objects.get().uid}/run?train=true", {})
    story.work()
    assert story.find("name", "王五福") == story.find("name", "赵六合") == [elder]
    # Undone with a reason: the other one gets a new uid, the merged one is never given out again.
    decision = story.api("decisions")["items"][0]
    undone = story.api(f"decisions/{decision['uid']}/undo", {"reason": "误判"})
    assert undone["undone_reason"] == "误判"
    story.work()
    after = {*story.find("name", "王五福"), *story.find("name", "赵六合")}
    assert elder in after
    assert younger not in after
    assert len(after) == 2
    assert story.api(f"identities/{younger}")["state"] == "merged"
    # A split by decision.
    joined = story.find("name", "张三丰")[0]
    page = f"/fusion/identities/{joined}/"
    assert story.post(f"{page}split/", {"records": ["0", "1"], "reason": WHY}).status_code == 422
    assert story.post(f"{page}split/", {"records": ["1"], "reason": WHY})["Location"] == page
    story.work()
    both = story.find("name", "张三丰")
    assert len(both) == 2
    assert joined in both
    story.api(f"schemes/{Scheme.objects.get().uid}/run?train=true", {})
    story.work()
    assert story.find("name", "张三丰") == both
    for path in (page, "/fusion/", "/fusion/runs/", "/fusion/reviews/", "/fusion/decisions/", "/fusion/search/",
                 Scheme.objects.get().get_absolute_url()):  # fmt: skip
        assert registers.cast.browser("officer", "en").get(path).status_code == 200


def test_golden_records_are_catalogued_graded_and_show_who_won(registers: Registers) -> None:
    story = begun(registers)
    scheme = Scheme.objects.get()
    entry = Entry.objects.get(fusion_golden=scheme)
    assert (entry.state, entry.landed_rows) == ("published", 5)
    items = {item.name: item for item in entry.items.all()}
    assert (items["citizen_id"].mask, items["name"].personal, items["phone"].grade) == ("citizen_id", True, "general-3")
    golden = {one["name"]: one for one in get_lake().read(entry.lake_table).to_pylist()}
    assert golden["张三丰"]["citizen_id"] == citizen_id(101)
    # The pension office knows a newer number; the scheme believes it before the police.
    registers.load("insurance", insurance_rows(0, 1, status="3", phone="13999999999"))
    story.work()
    entry.refresh_from_db()
    golden = {one["name"]: one for one in get_lake().read(entry.lake_table).to_pylist()}
    assert golden["张三丰"]["phone"] == "13999999999"
    uid = story.find("name", "张三丰")[0]
    told = story.api(f"identities/{uid}")["values"]["phone"]
    assert [(one["value"], one["source"], one["stands"]) for one in told] == [
        ("139****9999", "insurance", True),
        ("138****0001", "register", False),
    ]
    # Whole values only with the right and the purpose, and each look is kept.
    steward = registers.cast.program("steward")
    address = f"/api/v1/fusion/identities/{uid}"
    assert steward.post(f"{address}/reveal", {"purpose": "核验"}, content_type="application/json").status_code == 403
    assert story.api(f"identities/{uid}/reveal", {"purpose": ""})["code"] == "fusion.purpose_needed"
    assert (
        story.api(f"identities/{uid}/reveal", {"purpose": "高龄津贴核查"})["values"]["phone"][0]["value"]
        == "13999999999"
    )
    looks = AuditEntry.objects.filter(action="fusion.identity.revealed", object_uid=uid)
    assert [look.details for look in looks] == [{"purpose": "高龄津贴核查"}]
    searched = AuditEntry.objects.filter(action="fusion.identity.searched").last()
    assert searched is not None
    assert "张三丰" not in str(searched.details)


def test_life_status_says_since_when_by_which_source_and_lists_what_disagrees(registers: Registers) -> None:
    story = begun(registers)
    dead, alive = story.find("name", "李四维")[0], story.find("name", "张三丰")[0]
    life = story.api(f"identities/{dead}")["life"]
    assert (life["status"], life["since"], life["by_source"]) == ("dead", "2025-11-02", "death")
    assert life["conflict"] is True
    assert {one["kind"] for one in life["evidence"]} == {"death_certificate", "pension_drawn", "registered"}
    assert story.api(f"identities/{alive}")["life"]["status"] == "alive"
    page = registers.cast.browser("officer").get(f"/fusion/identities/{dead}/").content.decode()
    assert "2025-11-02" in page
    # The pension still drawn is put before the unit that pays it.
    listed = registers.cast.program("other").get("/api/v1/fusion/reviews?kind=life&state=open").json()["items"]
    assert [one["left_identity"] for one in listed] == [dead]
    review = Review.objects.get(kind="life")
    wrong = story.api(f"reviews/{review.uid}/answer", {"verdict": "same", "reason": WHY})
    assert wrong["code"] == "kernel.field_errors" or "verdict" in str(wrong)
    assert story.api(f"reviews/{review.uid}/answer", {"verdict": "noted", "reason": "已通知停发"})["state"] == "decided"
    story.api(f"schemes/{Scheme.objects.get().uid}/run", {})
    story.work()
    assert not Review.objects.filter(kind="life", state="open").exists()
    entry = Entry.objects.get(fusion_life__isnull=False)
    rows = {one["identity"]: one for one in get_lake().read(entry.lake_table).to_pylist()}
    assert rows[dead]["status"] == "dead"
