"""Pages and API of codes with wrong input, and who may see what."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from quanshu.city.codes.api import Scan, actor_of_verifier, scan_code, show_code
from quanshu.kernel.clock import now
from quanshu.kernel.errors import QuanshuError
from quanshu.sharing.subjects.queries import actor_of_subject
from support_codes import API, MY, a_device, a_scene, citizen, code_for, enrol, scan, signed_in
from support_services import City, a_city, use_folders


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city()


def officer(city: City, who: str, language: str = "en") -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE=language, HTTP_ACCEPT="text/html")
    client.force_login(city.accounts[who])
    return client


def test_every_page_answers_in_both_languages(city: City) -> None:
    scene = a_scene(city)
    verifier, token = a_device(scene)
    phone = signed_in(enrol(citizen("19500505"), "张三丰"))
    scan(token, code_for(phone, scene))
    pages = [
        "/codes/scenes/", "/codes/scenes/new/", f"/codes/scenes/{scene.uid}/", "/codes/figures/", "/codes/scan/",
        "/codes/scans/", f"/codes/scenes/{scene.uid}/devices/new/", f"/codes/devices/{verifier.uid}/",
        f"/codes/scenes/{scene.uid}/suspend/", f"/codes/devices/{verifier.uid}/end/",
    ]  # fmt: skip
    for language in ("en", "zh-hans"):
        client = officer(city, "developer", language)
        assert [client.get(page).status_code for page in pages] == [200] * len(pages)
        holder = signed_in(enrol(citizen("19500505"), "张三丰"), language)
        own = [
            "/codes/",
            f"/codes/?scene={scene.pk}",
            f"/codes/?scene={scene.pk}&at={verifier.pk}",
            "/codes/mine/scans/",
        ]
        own.append(f"/codes/mine/scans/{Scan.objects.get().uid}/")
        assert "/codes/unblock/" not in holder.get("/codes/").content.decode()
        assert [holder.get(page).status_code for page in own] == [200] * len(own)
    assert officer(city, "bureau").get("/codes/holder/").status_code == 200


def test_the_picture_alone_is_sent_to_a_page_that_refreshes_itself(city: City) -> None:
    phone = signed_in(enrol(citizen("19500505"), "张三丰"))
    whole, part = phone.get("/codes/"), phone.get("/codes/", headers={"hx-request": "true", "hx-target": "code"})
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert 'id="code"' in part.content.decode()


def test_residents_and_officers_keep_to_their_own(city: City) -> None:
    scene = a_scene(city)
    verifier, _token = a_device(scene)
    phone = signed_in(enrol(citizen("19500505"), "张三丰"))
    for page in ("/codes/scenes/", "/codes/scan/", "/codes/holder/", "/codes/scans/", f"/codes/scenes/{scene.uid}/"):
        assert phone.get(page).status_code == 403
    assert officer(city, "developer").get("/codes/").status_code == 403
    assert officer(city, "developer").get("/codes/holder/").status_code == 403
    stranger = officer(city, "stranger")
    assert stranger.get(f"/codes/scenes/{scene.uid}/").status_code == 404
    assert stranger.get(f"/codes/devices/{verifier.uid}/").status_code == 404
    assert stranger.post(f"/codes/scenes/{scene.uid}/end/", {"reason": "x"}).status_code == 404
    assert stranger.get(f"{API}/scenes").json()["total"] == 0
    assert phone.get(f"{API}/scenes").status_code == 401
    assert officer(city, "developer").get(f"{MY}/code").status_code == 401
    assert phone.get("/codes/mine/scans/none/").status_code == 404
    assert Client().get("/codes/").status_code == 302
    assert Client().get("/codes/list/").json()["payload"]["scenes"][0]["verifiers"] == [verifier.pk]


def test_wrong_input_is_named(city: City) -> None:
    developer = officer(city, "developer")
    scene = a_scene(city)
    assert developer.post("/codes/scenes/new/", {"name": "x"}).status_code == 422
    faulty = {"name": "办事", "purpose": "办事用途", "holders": ["person"], "account": ["name"], "basis": "law"}
    page = developer.post("/codes/scenes/new/", faulty)
    assert "Name law and article." in page.content.decode()
    again = {"name": "一号窗口", "proof": "desk"}
    assert developer.post(f"/codes/scenes/{scene.uid}/devices/new/", again).status_code == 200
    assert developer.post(f"/codes/scenes/{scene.uid}/devices/new/", again).status_code == 422
    wrong = {"name": "二号窗口", "proof": "key", "public_key": "hello"}
    assert developer.post(f"/codes/scenes/{scene.uid}/devices/new/", wrong).status_code == 422
    assert developer.post("/codes/scan/", {"desk": "nowhere", "text": "1"}).status_code == 422
    refused = developer.post("/codes/scan/", {"desk": scene.verifiers.get().uid, "text": "1"})
    assert "This is no resident or enterprise code." in refused.content.decode()
    bureau = officer(city, "bureau")
    given = {"kind": "person", "number": citizen("19990101"), "reason": "x"}
    assert bureau.post("/codes/holder/", given).status_code == 404
    assert bureau.post(f"{API}/scenes/{scene.uid}/dance", {}, content_type="application/json").status_code == 404
    assert bureau.post(f"{API}/scenes/{scene.uid}/approve", {}, content_type="application/json").json()["code"] == (
        "codes.wrong_state"
    )
    phone = signed_in(enrol(citizen("19500505"), "张三丰"))
    assert phone.get(f"{MY}/code", {"scene": 999}).status_code == 404
    assert phone.get(f"{MY}/code", {"scene": scene.pk, "verifier": 10**12}).status_code == 404
    assert phone.get("/codes/?who=nobody").status_code == 403


def test_a_block_by_the_bureau_is_not_lifted_by_the_holder(city: City) -> None:
    subject = enrol(citizen("19500505"), "张三丰")
    bureau, phone = officer(city, "bureau"), signed_in(subject)
    given = {"kind": "person", "number": citizen("19500505"), "reason": "涉嫌转借"}
    assert bureau.post("/codes/holder/", given).status_code == 302
    page = phone.get("/codes/").content.decode()
    assert "Lift the block</button>" not in page
    assert phone.post(f"{MY}/unblock").json()["code"] == "codes.blocked_by_bureau"
    assert bureau.post("/codes/holder/", {**given, "lift": "on"}).status_code == 302
    assert phone.get(f"{MY}/code").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_scans_at_once_one_takes_the_code(settings: Any, tmp_path: Path) -> None:
    use_folders(settings, tmp_path)
    city = a_city()
    scene = a_scene(city)
    devices = [a_device(scene, f"{number}号机")[0] for number in range(6)]
    subject = enrol(citizen("19500505"), "张三丰")
    text = show_code(actor=actor_of_subject(subject), now=now(), scene=scene).text
    gate, found = threading.Barrier(len(devices)), []

    def take(device: Any) -> None:
        gate.wait()
        try:
            scan_code(actor=actor_of_verifier(device), now=now(), verifier=device, text=text)
            found.append("taken")
        except QuanshuError as fault:
            found.append(fault.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(device,)) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found) == {"taken": 1, "codes.replayed": len(devices) - 1}
    assert Scan.objects.filter(ok=True).count() == 1
    assert Scan.objects.filter(ok=False, reason="codes.replayed").count() == len(devices) - 1
