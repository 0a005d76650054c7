"""Envelope encryption: a key for each vault, wrapped under versions of a master key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanshu.city.vault.models import MasterKey, Rotation, SubjectKey
from quanshu.city.vault.services import destroy_master, start_rotation
from quanshu.city.vault.services import keys as keeping
from quanshu.city.vault.services.keeping import shown_of
from quanshu.city.vault.services.keys import (
    context_of,
    destroy_key,
    key_for,
    key_service,
    rotate_some,
    seal,
    unseal,
)
from quanshu.city.vault.types import KeyGone, KeyInUse, RotationUnderWay, Wrapped
from quanshu.kernel.ciphers import OpenFailed
from quanshu.shared.access.api import SYSTEM, NotAllowed
from support_vault import LI, MOMENT, ZHANG, Vaults, fill, look, make_vaults, post, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def vaults(db: None, settings: Any, tmp_path: Path) -> Vaults:
    return make_vaults(settings, tmp_path)


@given(text=st.text(max_size=400), context=st.text(min_size=1, max_size=40))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_sealed_opens_with_its_key_and_context_alone(vaults: Vaults, text: str, context: str) -> None:
    key, other = (key_for(vaults.subjects[who], now=MOMENT) for who in ("zhang", "li"))
    sealed = seal(key, text, context)
    assert unseal(key, sealed, context) == text
    if len(text) > 6:
        assert text not in sealed
    with pytest.raises(OpenFailed):
        unseal(other, sealed, context)
    with pytest.raises(OpenFailed):
        unseal(key, sealed, context + "x")
    assert seal(key, text, context) != sealed


def test_a_wrapped_key_opens_for_its_own_row_alone(vaults: Vaults) -> None:
    key, other = (key_for(vaults.subjects[who], now=MOMENT) for who in ("zhang", "li"))
    service = key_service()
    mine = service.unwrap(Wrapped(key.version, key.wrapped), context_of(key))
    assert mine != service.unwrap(Wrapped(other.version, other.wrapped), context_of(other))
    with pytest.raises(OpenFailed):
        service.unwrap(Wrapped(key.version, key.wrapped), context_of(other))
    assert key_for(vaults.subjects["zhang"], now=MOMENT) == key


def test_a_rotation_that_is_killed_goes_on_where_it_was(vaults: Vaults, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = {who: vaults.issued("id_card", who, number) for who, number in (("zhang", ZHANG), ("li", LI))}
    for who in ("child", "firm"):
        key_for(vaults.subjects[who], now=MOMENT)
    before = {key.pk: key.wrapped for key in SubjectKey.objects.all()}
    rotation = start_rotation(actor=SYSTEM, now=MOMENT)
    with pytest.raises(RotationUnderWay):
        start_rotation(actor=SYSTEM, now=MOMENT)
    assert rotate_some(rotation.uid, now=MOMENT, most=2)
    wrap = keeping.NodeKeyService.rewrap
    calls: list[int] = []

    def dies(self: Any, wrapped: Wrapped, context: str) -> Wrapped:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return wrap(self, wrapped, context)

    with monkeypatch.context() as patch:
        patch.setattr(keeping.NodeKeyService, "rewrap", dies)
        with pytest.raises(KeyboardInterrupt):
            rotate_some(rotation.uid, now=MOMENT, most=2)
    rotation.refresh_from_db()
    # The batch that died has left nothing behind, and everything is readable half way.
    assert (rotation.done, rotation.state) == (2, "running")
    assert sorted(SubjectKey.objects.values_list("version", flat=True)) == [1, 1, 2, 2]
    for card in cards.values():
        card.refresh_from_db()
        assert shown_of(card, "zh")
    settle()
    rotation.refresh_from_db()
    assert (rotation.done, rotation.total, rotation.state) == (4, 4, "done")
    assert set(SubjectKey.objects.values_list("version", flat=True)) == {2}
    assert not rotate_some(rotation.uid, now=MOMENT)
    for card in cards.values():
        card.key.refresh_from_db()
        assert shown_of(card, "zh")
    assert all(key.wrapped != before[key.pk] for key in SubjectKey.objects.all())


def test_an_old_version_is_destroyed_once_nothing_is_under_it(
    vaults: Vaults, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    key = key_for(vaults.subjects["zhang"], now=MOMENT)
    copy = Wrapped(key.version, key.wrapped)
    for version in (1, 2, 9):
        with pytest.raises(KeyInUse):
            destroy_master(actor=SYSTEM, now=MOMENT, version=version)
    start_rotation(actor=SYSTEM, now=MOMENT)
    with pytest.raises(KeyInUse):
        destroy_master(actor=SYSTEM, now=MOMENT, version=1)
    settle()
    assert (settings.QUANSHU_KEYS_DIR / "vault-master.key").exists()
    with django_capture_on_commit_callbacks(execute=True):
        destroy_master(actor=SYSTEM, now=MOMENT, version=1)
    assert not (settings.QUANSHU_KEYS_DIR / "vault-master.key").exists()
    # A copy of the wrapped key, from a backup, stays shut.
    with pytest.raises(KeyGone):
        key_service().unwrap(copy, context_of(key))
    assert not (settings.QUANSHU_KEYS_DIR / "vault-master.key").exists()
    key.refresh_from_db()
    assert unseal(key, seal(key, "text", "here"), "here") == "text"


def test_a_destroyed_key_opens_nothing(vaults: Vaults) -> None:
    card = vaults.issued("id_card")
    sealed = card.sealed
    destroy_key(card.key, now=MOMENT)
    with pytest.raises(KeyGone):
        unseal(card.key, sealed, card.uid)
    assert key_for(vaults.subjects["zhang"], now=MOMENT) != card.key


def test_only_a_keeper_rotates_and_the_page_tells_how_far_it_is(vaults: Vaults) -> None:
    vaults.issued("id_card")
    with pytest.raises(NotAllowed):
        start_rotation(actor=vaults.cast.actor("officer"), now=MOMENT)
    assert vaults.cast.browser("officer").get("/vault/keys/").status_code == 403
    from quanshu.organisation.api import assign_role

    assign_role(actor=SYSTEM, account=vaults.cast.accounts["leader"], role_code="admin",
                unit=vaults.cast.units["bureau"], now=MOMENT)  # fmt: skip
    keeper = vaults.cast.browser("leader", "en")
    assert "Versions of the master key" in look(keeper, "/vault/keys/").content.decode()
    assert fill(keeper, "/vault/keys/rotate/").status_code == 302
    page = look(keeper, "/vault/keys/").content.decode()
    assert "v2 · 0 / 1" in page
    settle()
    page = look(keeper, "/vault/keys/").content.decode()
    assert "v2 · 1 / 1" in page
    assert fill(keeper, "/vault/keys/1/destroy/").status_code == 302
    assert MasterKey.objects.get(version=1).destroyed_at
    program = vaults.cast.program("leader")
    assert post(program, "/api/v1/vault/rotations").json()["state"] == "running"
    assert post(program, "/api/v1/vault/rotations").status_code == 409
    assert look(program, "/api/v1/vault/rotations").json()["total"] == 2
    assert Rotation.objects.filter(state="done").count() == 1
