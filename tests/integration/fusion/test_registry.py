"""The registry of identities: built, kept when data change, put in use in one step, and closed to whom it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.workflow.api import TodoItem
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.fusion import services
from quanshu.supply.fusion.api import IdentityEvent, Review, Run, Scheme
from quanshu.supply.fusion.services import running
from quanshu.supply.lake_store import get_lake
from support_catalogue import make_cast
from support_fusion import PEOPLE, Registers, citizen_id, insurance_rows, make_registers, register_rows, row
from support_quality import MONDAY, own_lake


@pytest.fixture
def registers(db: None, settings: Any, tmp_path: Path) -> Iterator[Registers]:
    with own_lake(settings, tmp_path) as folder, freeze(MONDAY):
        made = make_registers(make_cast(), folder)
        made.enforce()
        yield made


def identities_of(run: Run) -> dict[str, str]:
    """{record: identity} of a run."""
    rows = get_lake().read(f"fusion_person_links__{run.suffix}").to_pylist()
    return {row["record"]: row["identity"] for row in rows if not row["gone"]}


def states_of(run: Run) -> dict[str, str]:
    """{identity: state} of a run."""
    rows = get_lake().read(f"fusion_person_identities__{run.suffix}").to_pylist()
    return {row["identity"]: row["state"] for row in rows}


def test_uids_stay_while_records_come_change_go_and_return(registers: Registers) -> None:
    first = identities_of(registers.run())
    assert len(set(first.values())) == 5
    assert first["register:P1"] == first["insurance:I1"] == first["death:D1"]
    # One moves house, one leaves the register, one is new.
    changed = register_rows()
    changed[0][HEAD_ADDRESS] = "历下区解放路99号"
    fresh = row("P7", citizen_id(160, "1990-01-01"), "孙悟空", birth_date="1990-01-01")
    registers.load("register", [*changed[:3], changed[4], fresh])
    run = registers.run()
    second = identities_of(run)
    assert run.figures["touched"] == 2
    assert {record: uid for record, uid in second.items() if record in first} == {
        record: uid for record, uid in first.items() if record != "register:P3"
    }
    assert second["register:P7"] not in first.values()
    assert states_of(run)[first["register:P3"]] == "ended"
    assert IdentityEvent.objects.get(happening="ended").identity == first["register:P3"]
    registers.load("register", register_rows())
    run = registers.run()
    third = identities_of(run)
    assert third["register:P3"] == first["register:P3"]
    assert states_of(run)[first["register:P3"]] == "active"
    assert states_of(run)[second["register:P7"]] == "ended"
    # From the beginning again, with a model trained anew: the same identities.
    assert identities_of(registers.run("trained")) == third


HEAD_ADDRESS = 5


def test_a_run_that_dies_at_any_step_changes_nothing(registers: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    registers.run()
    entry = Entry.objects.get(fusion_golden=registers.scheme)
    before = (registers.scheme.current_id, entry.lake_table, Review.objects.count(), IdentityEvent.objects.count())
    registers.load("insurance", insurance_rows(0, 2, status="3"))

    class Killed(BaseException):
        """Nothing of ours catches it, as nothing catches a kill."""

    def die(*_args: Any, **_more: Any) -> None:
        raise Killed

    for module, name in (("working", "find_candidates"), ("running", "commit"), ("running", "sync_reviews")):
        with monkeypatch.context() as patch:
            patch.setattr(f"quanshu.supply.fusion.services.{module}.{name}", die)
            with pytest.raises(Killed):
                registers.run()
        registers.scheme.refresh_from_db()
        entry.refresh_from_db()
        counted = (Review.objects.count(), IdentityEvent.objects.count())
        assert (registers.scheme.current_id, entry.lake_table, *counted) == before
        assert len(get_lake().read(entry.lake_table)) == 5
        Run.objects.filter(state="running").update(state="queued")
    run = registers.run()
    assert (run.state, run.figures["touched"]) == ("done", 1)
    assert identities_of(run)["insurance:I2"] == identities_of(run)["register:P2"]


def test_two_workers_with_the_same_run_do_it_once(registers: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    run = services.start_run(actor=SYSTEM, now=registers.at, scheme=registers.scheme)
    lake, entered = get_lake(), []

    def loading(name: str) -> Any:
        # Another worker comes first, and is done by the time the lock is had.
        if not entered:
            entered.append(name)
            services.run_now(run.uid, registers.at)
        return type(lake).loading(lake, name)

    monkeypatch.setattr(lake, "loading", loading)
    services.run_now(run.uid, registers.at)
    run.refresh_from_db()
    assert (run.state, len(run.inputs)) == ("done", 3)
    registers.scheme.refresh_from_db()
    assert registers.scheme.current == run
    assert IdentityEvent.objects.count() == 0


def test_a_run_whose_worker_died_is_ended_by_the_next(registers: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_args: Any, **_more: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("quanshu.supply.fusion.services.running.commit", die)
        with pytest.raises(RuntimeError):
            registers.run()
    dead = Run.objects.get()
    assert dead.state == "running"
    assert registers.run().state == "done"
    dead.refresh_from_db()
    assert (dead.state, dead.error["code"]) == ("failed", "fusion.run_died")
    assert not get_lake().exists(f"fusion_person_links__{dead.suffix}")


def test_a_source_without_data_fails_the_run_with_the_reason(registers: Registers) -> None:
    get_lake().drop(registers.entries["death"].lake_table)
    run = registers.run()
    assert (run.state, run.error["code"]) == ("failed", "fusion.source_empty")
    assert registers.scheme.current is None
    with freeze(registers.at):
        page = registers.cast.browser("officer").get(run.get_absolute_url()).content.decode()
    assert "death" in page
    assert "alert-danger" in page


def test_two_rows_of_a_register_that_keeps_one_are_put_before_a_steward(registers: Registers) -> None:
    name, _id, phone, born, address = PEOPLE[4]
    again = row("P9", citizen_id(105, born), name, birth_date=born, phone=phone, address=address)
    registers.load("register", [*register_rows(), again])
    run = registers.run()
    review = Review.objects.get(kind="same_source")
    assert {review.left, review.right} == {"register:P4", "register:P9"}
    assert TodoItem.objects.filter(kind="fusion.review", closed_at__isnull=True).exists()
    held = identities_of(run)
    assert held["register:P4"] == held["register:P9"]
    services.decide_review(actor=SYSTEM, now=registers.at, review=review, verdict="different", reason="两人")
    held = identities_of(registers.run())
    assert held["register:P4"] != held["register:P9"]
    assert not Review.objects.filter(state="open").exclude(kind="life").exists()
    assert Scheme.objects.get().decisions.count() == 1


def test_the_model_and_the_queue_follow_new_data_and_the_clock(registers: Registers) -> None:
    registers.run()
    scheme = Scheme.objects.get()
    services.schedule_scheme(actor=SYSTEM, now=registers.at, scheme=scheme, cron="0 3 * * *")
    assert services.run_schedule(registers.at) == 0
    assert services.run_schedule(registers.at + timedelta(days=1)) == 1
    assert scheme.runs.filter(state="queued", cause="scheduled").count() == 1
    # A batch told twice finds the run queued.
    found = services.queue_followers(registers.entries["register"].uid, registers.at)
    assert [run.cause for run in found] == ["scheduled"]
    assert scheme.trained_models.count() == 1
    assert running.drop_old_runs(scheme, registers.at) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sources": "register = 000000/1 | name: name"}, "000000/1"),
        ({"sources": "nonsense"}, "nonsense"),
        ({"evidence": "register: rumour = event_on"}, "rumour"),
        ({"survivors": "phone = newest"}, "newest"),
        ({"link_at": "0.4"}, "阈值"),
        ({"title": ""}, "必填"),
    ],
)
def test_a_faulty_scheme_is_refused_by_field_and_nothing_is_kept(
    registers: Registers, change: dict[str, str], words: str
) -> None:
    data = registers.data()
    names = ("title", "sources", "classification_code", "survivors", "evidence")
    form = {name: getattr(data, name) for name in names} | {"link_at": "0.95", "review_at": "0.6"}
    scheme = Scheme.objects.get()
    answer = registers.cast.browser("officer").post(f"{scheme.get_absolute_url()}edit/", {**form, **change})
    assert answer.status_code == 422
    assert words in answer.content.decode() or "invalid-feedback" in answer.content.decode()
    assert scheme.versions.count() == 1


def test_what_one_may_not_see_is_not_found_and_what_one_may_not_do_is_refused(registers: Registers) -> None:
    run = registers.run()
    uid = identities_of(run)["register:P1"]
    life = Review.objects.get(kind="life")
    stranger, other = registers.cast.browser("developer"), registers.cast.browser("other")
    assert stranger.get("/fusion/").status_code == 403
    assert other.get(life.get_absolute_url()).status_code == 200
    assert other.post(f"/fusion/identities/{uid}/split/", {"records": ["0"], "reason": "x"}).status_code == 403
    assert other.get("/fusion/search/").status_code == 403
    officer = registers.cast.browser("officer")
    for path in ("identities/none/", "reviews/none/", "runs/none/", "schemes/none/", "decisions/none/", "models/none/"):
        assert officer.get(f"/fusion/{path}").status_code == 404
    scheme = Scheme.objects.get()
    asked = {"scheme": scheme.uid, "by": "identifier", "value": citizen_id(102, "1951-06-07"), "purpose": ""}
    assert officer.post("/fusion/search/", asked).status_code == 422
    found = officer.post("/fusion/search/", {**asked, "purpose": "高龄津贴核查"})
    assert uid in found.content.decode()
    assert officer.post(f"/fusion/identities/{uid}/reveal/", {"purpose": ""}).status_code == 422
    page = officer.post(f"/fusion/identities/{uid}/reveal/", {"purpose": "核查"})
    assert "李四维" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    masked = officer.get(f"/fusion/identities/{uid}/").content.decode()
    assert "李四维" not in masked
    assert "李**" in masked
    model = scheme.trained_models.get()
    for path in (f"/fusion/models/{model.uid}/", run.get_absolute_url(), f"/fusion/identities/{uid}/",
                 f"{scheme.get_absolute_url()}edit/", "/fusion/reviews/?state=open&kind=life"):  # fmt: skip
        assert officer.get(path).status_code == 200, path
    export = officer.get("/fusion/reviews/?export=csv")
    assert export.status_code == 200
