"""Background work: one holder at a time, tried again later, due by the city's clock, one of each key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django_tasks import task

from quanshu.kernel.clock import CITY_TZ, freeze
from quanshu.shared.access.api import Actor, ActorKind, NotAllowed, Scope
from quanshu.shared.jobs import api as jobs
from quanshu.shared.jobs import registry, services, worker
from quanshu.shared.jobs.models import Job, PeriodicJob, WorkerSign
from quanshu.shared.jobs.services import JobNotFailed, JobNotFound

NOW = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
ADMIN = Actor("adm", "管理员", ActorKind.PERSON, grants={"jobs.job.view": Scope.ALL, "jobs.job.retry": Scope.ALL})
seen: list[Any] = []


@task()
def greet(name: str) -> None:
    seen.append(name)


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "crons", {})
    monkeypatch.setattr(registry, "jobs", dict(registry.jobs))
    seen.clear()
    with freeze(NOW):
        yield


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.django_db
def test_a_job_runs_with_its_payload_and_shows_its_progress() -> None:
    @jobs.job("test.work")
    def work(payload: dict[str, Any]) -> None:
        jobs.heartbeat({"done": 1, "of": 2})
        seen.append((payload, Job.objects.get().progress))

    job = jobs.enqueue("test.work", {"uid": "7"}, now=NOW)
    assert jobs.run_due(NOW) == 1
    job.refresh_from_db()
    assert seen == [({"uid": "7"}, {"done": 1, "of": 2})]
    assert (job.state, job.attempts, job.lease, job.finished_at) == ("done", 1, "", NOW)
    jobs.heartbeat({"outside": True})


@pytest.mark.django_db
def test_what_nobody_registered_cannot_be_queued() -> None:
    with pytest.raises(LookupError, match=r"test\.nothing"):
        jobs.enqueue("test.nothing", {}, now=NOW)


@pytest.mark.django_db
def test_a_job_waits_for_its_time_and_its_transaction() -> None:
    jobs.job("test.work")(seen.append)
    jobs.enqueue("test.work", {}, now=NOW, run_at=at(60))
    with transaction.atomic():
        jobs.enqueue("test.work", {"never": True}, now=NOW)
        transaction.set_rollback(True)
    assert services.claim(at(59)) is None
    assert services.claim(at(60)) is not None


@pytest.mark.django_db
def test_one_job_of_a_key_waits_or_runs_at_a_time() -> None:
    jobs.job("test.work")(seen.append)
    first = jobs.enqueue("test.work", {"n": 1}, now=NOW, key="city")
    assert jobs.enqueue("test.work", {"n": 2}, now=NOW, key="city").pk == first.pk
    assert jobs.enqueue("test.work", {"n": 3}, now=NOW, key="district").pk != first.pk
    claimed = services.claim(NOW)
    assert claimed is not None
    assert jobs.enqueue("test.work", {"n": 4}, now=NOW, key="city").pk == first.pk
    services.run(claimed)
    assert jobs.enqueue("test.work", {"n": 5}, now=NOW, key="city").pk != first.pk
    assert jobs.enqueue("test.work", {}, now=NOW).pk != jobs.enqueue("test.work", {}, now=NOW).pk


@pytest.mark.django_db
def test_a_failing_job_is_tried_again_later_and_given_up_in_the_end() -> None:
    @jobs.job("test.work", max_attempts=3)
    def work(payload: dict[str, Any]) -> None:
        raise ConnectionError("the source does not answer")

    job = jobs.enqueue("test.work", {}, now=NOW)
    waits = []
    for _ in range(2):
        with freeze(Job.objects.get().run_at):
            claimed = services.claim(Job.objects.get().run_at)
            assert claimed is not None
            before = claimed.run_at
            services.run(claimed)
            job.refresh_from_db()
            assert (job.state, job.lease) == ("queued", "")
            waits.append((job.run_at - before).total_seconds())
            assert services.claim(before) is None
    assert waits == [2, 4]
    with freeze(job.run_at):
        jobs.run_due(job.run_at)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("failed", 3)
    assert "the source does not answer" in job.error


@pytest.mark.django_db
def test_a_leased_job_belongs_to_its_holder_until_the_lease_ends() -> None:
    jobs.job("test.work", lease_seconds=30)(seen.append)
    jobs.enqueue("test.work", {}, now=NOW)
    first = services.claim(NOW)
    assert first is not None
    assert services.claim(at(29)) is None
    second = services.claim(at(31))
    assert second is not None
    assert second.pk == first.pk
    assert second.lease != first.lease
    services.finish(first, state="done")
    services.put_off(first, registry.jobs["test.work"], "late")
    second.refresh_from_db()
    assert second.state == "running"
    services.run(second)
    second.refresh_from_db()
    assert second.state == "done"


@pytest.mark.django_db
def test_work_that_kills_every_worker_is_given_up() -> None:
    @jobs.job("test.work", max_attempts=2, lease_seconds=10)
    def work(payload: dict[str, Any]) -> None:
        raise SystemExit  # the process ends here

    jobs.enqueue("test.work", {}, now=NOW)
    for seconds in (0, 100):
        with freeze(at(seconds)):
            claimed = services.claim(at(seconds))
            assert claimed is not None
            with pytest.raises(SystemExit):
                services.run(claimed)
    assert Job.objects.get().state == "running"
    with freeze(at(200)):
        assert jobs.run_due(at(200)) == 1
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("failed", 2)
    assert "its worker died in 2 attempts" in job.error


@pytest.mark.django_db
def test_a_job_whose_code_is_gone_fails_with_the_reason() -> None:
    jobs.job("test.work")(seen.append)
    jobs.enqueue("test.work", {}, now=NOW)
    del registry.jobs["test.work"]
    jobs.run_due(NOW)
    assert Job.objects.get().error == "no job is called 'test.work'"


@pytest.mark.django_db
def test_periodic_work_is_queued_at_the_city_s_time_and_once() -> None:
    jobs.job("test.nightly")(seen.append)
    jobs.periodic("test.nightly", "30 6 * * *")
    assert services.queue_periodic(NOW) == 0
    row = PeriodicJob.objects.get()
    assert row.next_at == datetime(2026, 8, 4, 6, 30, tzinfo=CITY_TZ)
    assert services.queue_periodic(row.next_at - timedelta(seconds=1)) == 0
    assert services.queue_periodic(row.next_at) == 1
    assert services.queue_periodic(row.next_at) == 0
    three_days_on = row.next_at + timedelta(days=3, minutes=1)
    assert services.queue_periodic(three_days_on) == 1
    assert Job.objects.count() == 1  # the one still waiting; missed times are made up once
    row.refresh_from_db()
    assert row.next_at == datetime(2026, 8, 8, 6, 30, tzinfo=CITY_TZ)
    PeriodicJob.objects.update(active=False)
    assert services.queue_periodic(row.next_at) == 0


@pytest.mark.django_db
def test_failed_work_is_queued_again_by_those_who_may() -> None:
    @jobs.job("test.work", max_attempts=1)
    def work(payload: dict[str, Any]) -> None:
        if not seen:
            raise ValueError

    job = jobs.enqueue("test.work", {}, now=NOW)
    with pytest.raises(JobNotFailed):
        jobs.retry_job(actor=ADMIN, uid=job.uid, now=NOW)
    jobs.run_due(NOW)
    nobody = Actor("u", "u", ActorKind.PERSON)
    with pytest.raises(NotAllowed):
        jobs.retry_job(actor=nobody, uid=job.uid, now=NOW)
    with pytest.raises(JobNotFound):
        jobs.retry_job(actor=ADMIN, uid="none", now=NOW)
    seen.append("mended")
    jobs.retry_job(actor=ADMIN, uid=job.uid, now=NOW)
    jobs.run_due(NOW)
    job.refresh_from_db()
    assert job.state == "done"
    assert jobs.job_list(ADMIN).count() == 1
    assert jobs.job_list(nobody).count() == 0


@pytest.mark.django_db
def test_the_framework_s_tasks_become_jobs() -> None:
    result = greet.enqueue("泉城")
    assert Job.objects.get(uid=result.id).name == "jobs.task"
    jobs.run_due(NOW)
    assert seen == ["泉城"]


@pytest.mark.django_db
def test_a_silent_worker_is_noticed() -> None:
    assert jobs.worker_seen_at() is None
    services.sign_in_worker("host:1", NOW)
    assert jobs.worker_seen_at() == NOW
    with freeze(at(16)):
        assert jobs.worker_seen_at() is None
    services.sign_in_worker("host:2", NOW + timedelta(days=2))
    assert list(WorkerSign.objects.values_list("worker", flat=True)) == ["host:2"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_each_job_once() -> None:
    lock = threading.Lock()

    @jobs.job("test.work")
    def work(payload: dict[str, Any]) -> None:
        with lock:
            seen.append(payload["n"])

    for number in range(20):
        jobs.enqueue("test.work", {"n": number}, now=NOW)

    def take() -> None:
        try:
            with freeze(NOW):
                while (job := services.claim(NOW)) is not None:
                    services.run(job)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs.run_due(NOW)
    assert sorted(seen) == list(range(20))
    assert Job.objects.filter(state="done").count() == 20


@pytest.mark.django_db(transaction=True)
def test_the_worker_ticks_runs_jobs_and_stops_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()

    @jobs.job("test.work")
    def work(payload: dict[str, Any]) -> None:
        seen.append("job")
        stop.set()

    def broken(now: datetime) -> None:
        seen.append("tick")
        raise ValueError

    monkeypatch.setattr(registry, "ticks", {"test.tick": registry.TickSpec("test.tick", 0.1, broken)})
    jobs.enqueue("test.work", {}, now=NOW - timedelta(days=1))
    worker.run_worker(stop, threads=1)
    assert {"job", "tick"} >= set(seen)
    assert seen.count("job") == 1
    assert Job.objects.get().state == "done"
