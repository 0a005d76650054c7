"""Clause 2.3.3: the key of codes is replaced with overlap, codes are taken many at once, and what a thief would try."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from quanshu.city.codes.api import Scan, Scene
from quanshu.city.codes.models import SigningKey
from quanshu.city.codes.queries import forget_keys, mint_of
from quanshu.city.codes.services import rotate_key
from quanshu.cli.root import main
from quanshu.kernel.clock import freeze, now
from quanshu.kernel.codes import PREFIX, from_base45
from quanshu.shared.access.api import SYSTEM, NotAllowed
from quanshu.shared.audit.api import AuditEntry, history
from quanshu.shared.holdings import Reach, find_holding
from quanshu.shared.outbox.models import OutboxEvent
from quanshu.sharing.subjects.api import Subject
from support_codes import (
    API,
    FIRM,
    MY,
    NAME,
    a_device,
    a_scene,
    citizen,
    code_for,
    enrol,
    mandate,
    scan,
    scan_at,
    signed_in,
    upload,
)
from support_services import City, a_city, an_account, use_folders

OLD = citizen("19500505")
HOUR = timedelta(hours=1)


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> Iterator[City]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    use_folders(settings, tmp_path)
    forget_keys()
    yield a_city()
    forget_keys()


@pytest.fixture
def elder(city: City) -> Subject:
    return enrol(OLD, "张三丰")


def officer(city: City, who: str) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en", HTTP_ACCEPT="text/html")
    client.force_login(city.accounts[who])
    return client


def keeper(city: City) -> Client:
    """Who keeps the node's keys."""
    city.accounts["keeper"] = an_account(city.units["bureau"], "keeper", "密钥管理员", "admin")
    return officer(city, "keeper")


def rotated(moment: datetime, *, at_once: bool = False) -> SigningKey:
    """A key replaced, and read anew as another process does within two seconds."""
    with freeze(moment):
        key = rotate_key(actor=SYSTEM, now=now(), at_once=at_once)
    forget_keys()
    return key


def shown_at(moment: datetime, holder: Subject, scene: Scene) -> str:
    """A code that the holder, who signs in anew, shows at a moment."""
    with freeze(moment):
        return code_for(signed_in(holder), scene)


def key_of(text: str) -> str:
    """The id of the key that signed a code."""
    return from_base45(text.removeprefix(PREFIX))[3:7].hex()


def files_at(moment: datetime, folder: Path) -> tuple[Path, Path]:
    """What a device without a network fetched at a moment."""
    keys, listed = folder / "keys.json", folder / "list.json"
    with freeze(moment):
        keys.write_bytes(Client().get("/codes/keys/").content)
        listed.write_bytes(Client().get("/codes/list/").content)
    return keys, listed


def off_line(code: str, files: tuple[Path, Path], scene: Scene, device: int, moment: datetime) -> str:
    words = ["codes", "verify", code, "--keys", str(files[0]), "--list", str(files[1]), "--scene", str(scene.pk)]
    return CliRunner().invoke(main, [*words, "--device", str(device), "--at", str(int(moment.timestamp()))]).output


def test_a_key_is_replaced_with_overlap(city: City, elder: Subject, tmp_path: Path) -> None:
    scene = a_scene(city)
    device, token = a_device(scene)
    start = now().replace(hour=4)
    first = shown_at(start, elder, scene)
    rotated(start)
    # Published at once, in use a day later: a device that fetched its files just before knows it in time.
    files = files_at(start, tmp_path)
    ids = [row["id"] for row in json.loads(files[0].read_text())["keys"]]
    assert len(ids) == 2
    assert key_of(shown_at(start + 24 * HOUR, elder, scene)) == key_of(first)
    turn = start + 25 * HOUR
    last, fresh = shown_at(turn - timedelta(seconds=1), elder, scene), shown_at(turn, elder, scene)
    assert key_of(last) == key_of(first)
    assert key_of(fresh) != key_of(first)
    for code in (last, fresh):
        with freeze(turn + timedelta(seconds=20)):
            answer = scan(token, code)
            assert answer.status_code == 200, (answer.content, "both are taken around the turn")
    assert "accepted" in off_line(fresh, files_at(start + 2 * HOUR, tmp_path), scene, device.pk, turn)
    # What was taken off line comes in within the week, by the old key too; then the key is taken no more.
    late = shown_at(turn - timedelta(seconds=30), elder, scene)
    stamp = int((turn - timedelta(seconds=10)).timestamp())
    with freeze(turn + timedelta(days=6)):
        rows = upload(token, [{"code": late, "at": stamp}], int(now().timestamp())).json()["answers"]
        assert rows[0]["outcome"] == "accepted"
        assert len(Client().get("/codes/keys/").json()["keys"]) == 2
    with freeze(turn + timedelta(days=8)):
        assert [row["id"] for row in Client().get("/codes/keys/").json()["keys"]] == [key_of(fresh)]


def test_a_replaced_key_signs_nothing_later(city: City, elder: Subject) -> None:
    """Whoever got hold of the old private key after its time makes no code with it."""
    scene = a_scene(city)
    _device, token = a_device(scene)
    start = now().replace(hour=4)
    stolen = mint_of(1)
    rotated(start)
    after = start + 26 * HOUR
    forged = stolen.issue(subject=elder.pk, scene=scene.pk, now=int(after.timestamp()))
    assert scan_at(after, token, forged).json()["code"] == "codes.forged"


def test_a_key_in_wrong_hands_ends_at_once(
    city: City, elder: Subject, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    scene = a_scene(city)
    _device, token = a_device(scene)
    start = now().replace(hour=4)
    code = shown_at(start, elder, scene)
    rotated(start)
    with django_capture_on_commit_callbacks(execute=True):
        rotated(start + timedelta(seconds=5), at_once=True)
    later = start + timedelta(seconds=10)
    assert scan_at(later, token, code).json()["code"] == "codes.forged"
    with freeze(later):
        assert scan(token, code_for(signed_in(elder), scene)).status_code == 200
        assert len(Client().get("/codes/keys/").json()["keys"]) == 1, "the one that waited ended too"
    assert sorted(path.name for path in settings.QUANSHU_KEYS_DIR.glob("codes-signing*.key")) == ["codes-signing-3.key"]
    with freeze(start + 30 * HOUR):
        assert key_of(code_for(signed_in(elder), scene)) == key_of(shown_at(later, elder, scene))


def test_the_keepers_page_and_api(city: City, elder: Subject) -> None:
    client = keeper(city)
    page = client.get("/codes/signing-keys/").content.decode()
    assert "The first key signs" in page
    assert client.post("/codes/signing-keys/replace/")["Location"] == "/codes/signing-keys/"
    page = client.get("/codes/signing-keys/").content.decode()
    for part in ("Published, not in use yet", "Signs", "A new key is published already"):
        assert part in page
    again = client.post(f"{API}/keys", {}, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "codes.key_waiting")
    made = client.post(f"{API}/keys", {"at_once": True}, content_type="application/json")
    assert (made.status_code, made.json()["number"]) == (201, 3)
    assert [row["number"] for row in client.get(f"{API}/keys").json()["items"]] == [3, 2, 1]
    assert "Taken no more" in client.get("/codes/signing-keys/").content.decode()
    assert "codes.key.rotated" in [entry.action for entry in history("codes.key", SigningKey.objects.first().uid)]  # type: ignore[union-attr]
    for who in ("developer", "bureau", "steward"):
        assert officer(city, who).get("/codes/signing-keys/").status_code == 403
        assert officer(city, who).post(f"{API}/keys", {}, content_type="application/json").status_code == 403
    with pytest.raises(NotAllowed):
        rotate_key(actor=city.actor("developer"), now=now())


def batch(token: str, codes: list[str], **more: Any) -> Any:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_ACCEPT_LANGUAGE": "en"}
    return Client().post(f"{API}/batch", {"codes": codes, **more}, content_type="application/json", **headers)


def test_many_codes_at_once_are_each_answered_as_alone(city: City, elder: Subject) -> None:
    scene, other = a_scene(city), a_scene(city, name="政务大厅叫号")
    _device, token = a_device(scene)
    phone, young = signed_in(elder), signed_in(enrol(citizen("20010203", 102), "李四"))
    blocked = signed_in(enrol(citizen("19400101", 103), "王五"))
    used, stopped = code_for(phone, scene), code_for(blocked, scene)
    blocked.post("/codes/block/")
    assert scan(token, used).status_code == 200
    good, second = code_for(phone, scene), code_for(young, scene)
    sent = [good, used, second, good, code_for(phone, other), stopped, "1234 5678 9012", good[:-3] + "000"]
    answers = batch(token, sent).json()["answers"]
    assert [row["ok"] for row in answers] == [True, False, True, False, False, False, False, False]
    assert [row["values"][0]["value"] for row in answers if row["ok"]] == [True, False]
    codes = ["replayed", "replayed", "wrong_scene", "revoked_holder", "not_a_code", "forged"]
    assert [row["code"] for row in answers if not row["ok"]] == [f"codes.{code}" for code in codes]
    assert all(row["message"] and row["remedy"] for row in answers if not row["ok"])
    # Each is recorded, audited, told to the rooms above, and seen by its holder.
    assert Scan.objects.filter(ok=True).count() == 3
    assert Scan.objects.filter(ok=False).count() == 6
    assert AuditEntry.objects.filter(action="codes.code.scanned").count() == 3
    assert AuditEntry.objects.filter(action="codes.code.refused", outcome="refused").count() == 6
    assert OutboxEvent.objects.filter(name__startswith="codes.code.").count() == 9
    assert phone.get(f"{MY}/scans").json()["total"] == 5
    assert batch(token, []).status_code == 422
    assert batch(token, [good] * 101).status_code == 422
    assert batch("qsv_no", [good]).status_code == 401
    assert batch(token, [good], device_time=int(now().timestamp()) - 40).json()["code"] == "codes.clock_skewed"


def test_digits_cannot_be_guessed(city: City, elder: Subject) -> None:
    scene = a_scene(city)
    _device, token = a_device(scene)
    _other, strange = a_device(scene, "2路车刷码机")
    page = signed_in(elder).post(f"{MY}/typed", {"scene": scene.pk}, content_type="application/json").json()
    for guess in range(20):
        assert scan(token, f"{guess:012d}").json()["code"] == "codes.bad_typed"
    stopped = scan(token, page["digits"])
    assert (stopped.status_code, stopped.json()["code"]) == (429, "codes.too_many_guesses")
    assert scan(strange, page["digits"]).status_code == 200, "other devices go on"
    with freeze(now() + timedelta(minutes=6)):
        assert scan(token, "0" * 12).json()["code"] == "codes.bad_typed"


def test_a_stolen_token_is_replaced(city: City, elder: Subject) -> None:
    scene = a_scene(city)
    device, token = a_device(scene)
    developer = officer(city, "developer")
    assert "Replace the token" in developer.get(f"/codes/devices/{device.uid}/").content.decode()
    assert officer(city, "stranger").post(f"/codes/devices/{device.uid}/renew/").status_code == 404
    shown = developer.post(f"/codes/devices/{device.uid}/renew/")
    assert shown["Cache-Control"] == "no-store"
    fresh = shown.content.decode().split('id="secret">')[1].split("<")[0]
    assert scan(token, code_for(signed_in(elder), scene)).json()["code"] == "codes.unknown_verifier"
    assert scan(fresh, code_for(signed_in(elder), scene)).status_code == 200
    made = developer.post(f"{API}/verifiers/{device.uid}/renew", {}, content_type="application/json").json()
    assert scan(fresh, code_for(signed_in(elder), scene)).status_code == 401
    assert scan(made["token"], code_for(signed_in(elder), scene)).status_code == 200
    developer.post(f"/codes/devices/{device.uid}/end/", {"reason": "报废"})
    again = developer.post(f"{API}/verifiers/{device.uid}/renew", {}, content_type="application/json")
    assert again.json()["code"] == "codes.wrong_state"


def test_a_delegate_shows_a_code_only_when_the_mandate_says_so(city: City, elder: Subject) -> None:
    firm = enrol(FIRM, "泉城测试有限公司", "enterprise")
    scene = a_scene(city, name="企业办事", holders=("enterprise",), reads=(NAME,), offline=False)
    _device, token = a_device(scene)
    phone = signed_in(elder)
    held = mandate(firm, elder, "delegate")
    held.scope = ["view", "consent"]
    held.save()
    asked = {"who": firm.uid, "scene": scene.pk}
    assert phone.get(f"{MY}/code", asked).json()["code"] == "subjects.not_mandated"
    assert "泉城测试有限公司" not in phone.get("/codes/").content.decode()
    held.scope = ["codes"]
    held.save()
    code = code_for(phone, scene, who=firm.uid)
    held.scope = ["view"]
    held.save()
    assert scan(token, code).json()["code"] == "codes.revoked_holder"
    held.scope = ["codes"]
    held.valid_until = now() + timedelta(seconds=30)
    held.save()
    code, end = code_for(phone, scene, who=firm.uid), held.valid_until
    assert scan_at(end + timedelta(seconds=1), token, code).json()["code"] == "codes.revoked_holder"


def test_a_block_does_not_undo_what_was_scanned_before_it(city: City, elder: Subject) -> None:
    scene = a_scene(city)
    _device, token = a_device(scene)
    moment = now().replace(hour=4)
    later = int((moment + 2 * HOUR).timestamp())
    codes = [shown_at(moment, elder, scene), mint_of(1).issue(subject=elder.pk, scene=scene.pk, now=later)]
    with freeze(moment + HOUR):
        signed_in(elder).post("/codes/block/")
    stamps = [int((moment + timedelta(hours=hours, seconds=5)).timestamp()) for hours in (0, 2)]
    rows = [{"code": code, "at": at} for code, at in zip(codes, stamps, strict=True)]
    with freeze(moment + 3 * HOUR):
        answers = upload(token, rows, int(now().timestamp())).json()["answers"]
    assert [row["outcome"] for row in answers] == ["accepted", "refused"]
    assert answers[1]["code"] == "codes.revoked_holder"


def test_scans_go_by_a_rule_of_retention(city: City, elder: Subject) -> None:
    """Of its unit alone, and not within a month: a second use must be found."""
    scene, other = a_scene(city), a_scene(city, "civil", name="政务大厅叫号")
    moment = now() - timedelta(days=400)
    with freeze(moment):
        for place in (scene, other):
            _device, token = a_device(place)
            assert scan(token, code_for(signed_in(elder), place)).status_code == 200
    _device, token = a_device(scene, "2路车刷码机")
    assert scan(token, code_for(signed_in(elder), scene)).status_code == 200
    holding = find_holding("codes.scans")
    assert holding is not None
    assert holding.least_days == 30
    reach = Reach(now() - timedelta(days=365), scene.unit.path)
    assert holding.due(reach).count == 1
    holding.erase(holding.pick(reach, 10))
    assert sorted(Scan.objects.values_list("scene__name", flat=True)) == ["政务大厅叫号", "老年人乘车"]
