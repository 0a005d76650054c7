"""The audit trail: append-only by trigger, in the tree within a tick, provable, and honest about tampering."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from quanshu.kernel.merkle import consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion
from quanshu.shared.access.api import SYSTEM, Actor, ActorKind, Place, Scope
from quanshu.shared.audit import api as audit
from quanshu.shared.audit.append_only import COLUMNS, install_statements, remove_statements
from quanshu.shared.audit.models import AuditEntry, LedgerLeaf, TreeHead
from quanshu.shared.audit.statements import statement_of
from quanshu.tlog.entries import entry_of, leaf_of_statement

NOW = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)


def note(number: int, **more: object) -> AuditEntry:
    return audit.record(
        actor=SYSTEM, action="test.done", kind="test", uid=str(number), now=NOW + timedelta(seconds=number), **more
    )


@contextmanager
def as_owner_of_the_database() -> Iterator[None]:
    """What somebody with the database's own rights can do: take the triggers away and put them back."""
    with connection.cursor() as cursor:
        for statement in remove_statements(connection.vendor):
            cursor.execute(statement)
        yield
        for statement in install_statements(connection.vendor):
            cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("model", [AuditEntry, LedgerLeaf, TreeHead])
@pytest.mark.parametrize("act", ["update", "delete"])
def test_rows_cannot_be_changed_or_deleted(model: type, act: str) -> None:
    note(1)
    audit.integrate(NOW)
    field = {AuditEntry: "label", LedgerLeaf: "entry_uid", TreeHead: "at"}[model]
    value = NOW if model is TreeHead else "other"
    with (
        pytest.raises(IntegrityError, match="append-only: its rows are never changed"),
        transaction.atomic(),
    ):
        model.objects.update(**{field: value}) if act == "update" else model.objects.all()._raw_delete("default")
    assert model.objects.count() == 1
    assert audit.integrity_report().sound


@pytest.mark.django_db
def test_a_refusal_says_what_to_do() -> None:
    entry = note(1)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        entry.delete()
    hint = refused.value.__cause__.diag.message_hint if connection.vendor == "postgresql" else str(refused.value)
    assert "Record a new entry that corrects the old one." in hint


@pytest.mark.django_db
def test_an_entry_says_who_what_where() -> None:
    actor = Actor("u1", "王敏", ActorKind.PERSON, unit_uid="n1", unit_path="/n1/")
    audit.set_request_id("r1")
    try:
        entry = audit.record(actor=actor, action="test.done", kind="test", uid="7", label="x" * 300, now=NOW)
    finally:
        audit.set_request_id("")
    entry.refresh_from_db()
    assert (entry.actor_name, entry.actor_unit, entry.unit_path, entry.request_id) == ("王敏", "n1", "/n1/", "r1")
    assert len(entry.label) == 200
    assert len(entry.salt) == 32
    placed = audit.record(actor=actor, action="test.done", place=Place("/n2/", "370102000000"), now=NOW)
    assert (placed.unit_path, placed.region_code) == ("/n2/", "370102000000")
    assert [row.uid for row in audit.history("test", "7")] == [entry.uid]


@pytest.mark.django_db
def test_an_entry_goes_with_its_transaction() -> None:
    with transaction.atomic():
        note(1)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_one_tick_places_what_waits_and_the_next_goes_on() -> None:
    for number in range(5):
        note(number)
    assert audit.waiting_entries() == 5
    assert audit.integrate(NOW, limit=3) == 3
    assert audit.integrate(NOW) == 2
    assert audit.integrate(NOW) == 0
    assert list(LedgerLeaf.objects.values_list("sequence", flat=True)) == [0, 1, 2, 3, 4]
    assert list(TreeHead.objects.values_list("size", flat=True)) == [5, 3]
    for entry in AuditEntry.objects.all():
        leaf = audit.leaf_of(entry)
        assert leaf is not None
        assert bytes(leaf.leaf_hash) == leaf_hash(entry_of(statement_of(entry)))
    report = audit.integrity_report()
    assert report.sound
    assert (report.entries, report.leaves, report.waiting) == (5, 5, 0)


@pytest.mark.django_db
def test_an_entry_committed_very_late_is_found_by_the_whole_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanshu.shared.audit.integrating.REACH", 0)
    late = note(1)
    for number in (2, 3):
        note(number)
    with as_owner_of_the_database():
        AuditEntry.objects.filter(pk=late.pk).delete()
    audit.integrate(NOW)
    late.save(force_insert=True)
    assert audit.integrate(NOW) == 0
    assert audit.integrate(NOW, whole=True) == 1
    assert audit.integrity_report().sound


@pytest.mark.django_db
def test_proofs_verify() -> None:
    for number in range(11):
        note(number)
        if number in (4, 10):
            audit.integrate(NOW)
    leaves = [bytes(leaf.leaf_hash) for leaf in LedgerLeaf.objects.order_by("sequence")]
    old, new = TreeHead.objects.order_by("size")
    assert verify_consistency(
        old_size=old.size,
        new_size=new.size,
        old_root=bytes(old.root),
        new_root=bytes(new.root),
        proof=consistency_proof(leaves, old.size),
    )
    for index, leaf in enumerate(leaves):
        proof = inclusion_proof(leaves, index)
        assert verify_inclusion(leaf=leaf, index=index, size=11, proof=proof, expected=bytes(new.root))


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["change", "drop entry", "drop leaf", "drop newest leaf", "forge root", "forge sm3"])
def test_tampering_is_found(act: str) -> None:
    entries = [note(number) for number in range(6)]
    audit.integrate(NOW, limit=4)
    audit.integrate(NOW)
    with as_owner_of_the_database():
        if act == "change":
            AuditEntry.objects.filter(pk=entries[2].pk).update(actor_name="another")
        elif act == "drop entry":
            AuditEntry.objects.filter(pk=entries[2].pk).delete()
        elif act == "drop leaf":
            LedgerLeaf.objects.filter(sequence=2).delete()
        elif act == "drop newest leaf":
            LedgerLeaf.objects.filter(sequence=5).delete()
        elif act == "forge root":
            TreeHead.objects.filter(size=4).update(root=b"\0" * 32)
        else:
            LedgerLeaf.objects.filter(sequence=2).update(sm3=b"\0" * 32)
    report = audit.integrity_report()
    assert not report.sound
    if act in {"change", "forge sm3"}:
        assert report.changed == (entries[2].uid,)
    if act in {"drop entry", "drop leaf"}:
        assert report.missing == (2,)
    if act == "drop newest leaf":
        assert report.waiting == 1
    if act != "forge sm3":
        assert not report.root_matches


@pytest.mark.django_db
def test_a_rewritten_entry_with_a_rewritten_leaf_breaks_the_root() -> None:
    entry = note(1)
    note(2)
    audit.integrate(NOW)
    with as_owner_of_the_database():
        AuditEntry.objects.filter(pk=entry.pk).update(label="another")
        entry.refresh_from_db()
        LedgerLeaf.objects.filter(entry_uid=entry.uid).update(leaf_hash=leaf_of_statement(statement_of(entry)))
    assert not audit.integrity_report().root_matches


@pytest.mark.django_db
def test_rows_are_seen_by_right() -> None:
    for path in ("/a/", "/a/b/", "/c/"):
        note(1, place=Place(unit_path=path))
    view = "audit.entry.view"

    def seen(scope: Scope) -> list[str]:
        actor = Actor("u", "u", ActorKind.PERSON, unit_path="/a/", grants={view: scope})
        return sorted(audit.audit_entries(actor).values_list("unit_path", flat=True))

    assert seen(Scope.ALL) == ["/a/", "/a/b/", "/c/"]
    assert seen(Scope.TREE) == ["/a/", "/a/b/"]
    assert seen(Scope.UNIT) == ["/a/"]
    assert seen(Scope.NONE) == []


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_lose_nothing_and_two_integrators_agree() -> None:
    faults: list[Exception] = []

    def write(writer: int) -> None:
        try:
            for number in range(15):
                with transaction.atomic():
                    note(writer * 100 + number)
        except Exception as fault:  # noqa: BLE001 - a thread's fault is told by the test
            faults.append(fault)
        finally:
            connection.close()

    def place() -> None:
        try:
            for _ in range(8):
                audit.integrate(NOW, limit=7)
        except Exception as fault:  # noqa: BLE001 - a thread's fault is told by the test
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    threads += [threading.Thread(target=place) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    while audit.integrate(NOW):
        pass
    report = audit.integrity_report()
    assert report.sound
    assert (report.entries, report.leaves, report.waiting) == (45, 45, 0)


@pytest.mark.django_db
def test_the_logs_entry_tells_nothing_of_the_act_but_its_digests() -> None:
    entry = note(1, label="王敏 370102199001010018", details={"name": "王敏"})
    audit.integrate(NOW)
    (row,) = audit.published_rows(0, 1)
    assert row.entry is not None
    assert set(json.loads(row.entry)) == {"uid", "at", "action", "sha256", "sm3", "v"}
    assert leaf_hash(row.entry) == row.leaf
    found = audit.statement_in_tree(entry)
    assert found is not None
    assert entry_of(found[1]) == row.entry
    assert json.loads(found[1])["salt"] == entry.salt


@pytest.mark.django_db
def test_a_destroyed_salt_leaves_the_tree_whole_and_is_told_from_a_change() -> None:
    entries = [note(number) for number in range(5)]
    with pytest.raises(audit.NotInTree):
        audit.erase_salt(actor=SYSTEM, entry=entries[1], reason="PIPL 47", now=NOW)
    audit.integrate(NOW)
    before = audit.tree_head().root_hex
    row_before = audit.published_rows(1, 2)
    assert audit.erase_salt(actor=SYSTEM, entry=entries[1], reason="PIPL 47", now=NOW)
    assert not audit.erase_salt(actor=SYSTEM, entry=entries[1], reason="PIPL 47", now=NOW)
    report = audit.integrity_report()
    assert report.sound
    assert report.erased == (entries[1].uid,)
    assert audit.tree_head().root_hex == before
    assert audit.published_rows(1, 2) == row_before
    assert audit.statement_in_tree(AuditEntry.objects.get(pk=entries[1].pk)) is None
    found = audit.inclusion_of(AuditEntry.objects.get(pk=entries[1].pk))
    assert found is not None
    assert found.holds
    erasure = AuditEntry.objects.get(action="audit.salt.erased")
    assert (erasure.object_uid, erasure.details) == (entries[1].uid, {"reason": "PIPL 47"})
    with as_owner_of_the_database():
        AuditEntry.objects.filter(pk=entries[3].pk).update(salt="")
        AuditEntry.objects.filter(pk=entries[1].pk).update(action="test.other")
    assert audit.integrity_report().changed == (entries[1].uid, entries[3].uid)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"salt": "0" * 32}, {"salt": "", "label": "other"}, {"label": "other"}])
def test_the_database_allows_the_end_of_a_salt_and_nothing_beside_it(change: dict[str, str]) -> None:
    entry = note(1)
    audit.integrate(NOW)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(**change)
    AuditEntry.objects.filter(pk=entry.pk).update(salt="")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(salt="1" * 32)


def test_the_trigger_knows_every_column() -> None:
    names = {field.column for field in AuditEntry._meta.local_concrete_fields}
    assert names == {*COLUMNS, "salt"}


@pytest.mark.django_db
def test_leaves_of_before_keep_verifying_and_their_form_ends_with_their_bundle() -> None:
    from quanshu.kernel.ciphers import suite
    from quanshu.kernel.merkle import CompactRange

    old = [note(number) for number in range(3)]
    tree = CompactRange()
    for place, entry in enumerate(old):
        body = statement_of(entry, 0)
        tree.append(leaf_hash(body))
        sm3 = suite("gm").digest(body)
        LedgerLeaf.objects.create(
            sequence=place, entry_uid=entry.uid, leaf_hash=leaf_hash(body), sm3=sm3, digest=b"", form=0
        )
    parts = [part.hex() for part in tree.to_list()]
    TreeHead.objects.create(size=3, root=tree.root(), compact_range=parts, at=NOW)
    for number in range(3, 260):
        note(number)
    assert audit.integrate(NOW) == 257
    forms = list(LedgerLeaf.objects.order_by("sequence").values_list("form", flat=True))
    assert forms == [0] * 256 + [1] * 4
    assert audit.integrity_report().sound
    rows = audit.published_rows(0, 260)
    assert [row.entry is None for row in rows] == [True] * 256 + [False] * 4
    assert audit.erase_salt(actor=SYSTEM, entry=old[0], reason="order", now=NOW)
    assert audit.integrity_report().erased == (old[0].uid,)
    found = audit.statement_in_tree(old[1])
    assert found is not None
    assert leaf_of_statement(found[1]) == rows[1].leaf
    with as_owner_of_the_database():
        AuditEntry.objects.filter(pk=old[1].pk).update(label="other")
    assert audit.integrity_report().changed == (old[1].uid,)
