"""Clause 2.3.3: a code shown for a scene lets it see part of a certificate in the holder's digital safe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quanshu.city.codes.api import Basis, Read, Source
from quanshu.city.vault.api import Presentation, certificate_types
from quanshu.kernel.clock import freeze
from support_codes import NAME, a_device, a_scene, citizen, code_for, enrol, mandate, scan, signed_in
from support_vault import MOMENT, ZHANG, Vaults, make_vaults


@pytest.fixture
def vaults(db: None, settings: Any, tmp_path: Path) -> Vaults:
    return make_vaults(settings, tmp_path)


def test_a_scene_sees_the_part_of_a_certificate_that_it_may(vaults: Vaults) -> None:
    claim = next(claim for claim in certificate_types()["elderly_card"].claims if claim.hidden and claim.required)
    reads = (NAME, Read(Source.CERTIFICATE, claim.name, of="elderly_card"))
    with freeze(MOMENT):
        scene = a_scene(vaults.cast, "civil", reads=reads, basis=Basis.CONSENT, law="", offline=False)  # type: ignore[arg-type]
        _verifier, token = a_device(scene)
        phone = vaults.resident("zhang")
        before = scan(token, code_for(phone, scene)).json()
        assert [row["fault"] for row in before["values"]] == ["", "codes.no_certificate"]
        assert before["told"] == ["姓名或名称"]
        card = vaults.issued("elderly_card")
        after = scan(token, code_for(phone, scene)).json()
        name, told = after["values"]
        assert name["value"] == "张建国"
        assert told["title"].startswith("敬老卡") or claim.title in told["title"]
        assert told["value"]
        assert not told["fault"]
        # In the safe it stands as a presentation, opened, for the scene's unit and of this claim alone.
        shown = Presentation.objects.get(certificate=card)
        assert told["receipt"] == shown.uid
        assert shown.claims == [claim.name]
        assert shown.opened_at
        assert shown.audience == f"urn:quanshu:unit:{scene.unit.code}"
        assert ZHANG not in str(after)
        # Without a certificate in the scene's list, nothing else of the safe can be asked for.
        card.refresh_from_db()
        card.state = "revoked"
        card.save()
        gone = scan(token, code_for(phone, scene)).json()
        assert gone["values"][1]["fault"] == "codes.no_certificate"
        assert gone["values"][1]["value"] is None


def test_whoever_shows_a_code_for_another_needs_the_mandate_for_certificates(vaults: Vaults) -> None:
    """A delegate for codes alone shows the code; the principal's safe stays shut, on the page, by the API and in a
    scan."""
    claim = next(claim for claim in certificate_types()["elderly_card"].claims if claim.hidden and claim.required)
    reads = (NAME, Read(Source.CERTIFICATE, claim.name, of="elderly_card"))
    with freeze(MOMENT):
        scene = a_scene(vaults.cast, "civil", reads=reads, basis=Basis.CONSENT, law="", offline=False)  # type: ignore[arg-type]
        _verifier, token = a_device(scene)
        card = vaults.issued("elderly_card")
        helper = enrol(citizen("19850505", 107), "李帮办")
        held = mandate(card.subject, helper, "delegate")
        held.scope = ["codes", "view", "consent"]
        held.save()
        phone = signed_in(helper)
        scanned = scan(token, code_for(phone, scene, who=card.subject.uid)).json()
        assert [row["fault"] for row in scanned["values"]] == ["", "codes.no_certificate"]
        assert phone.get(f"/vault/mine/{card.uid}/").status_code == 404
        assert card.uid not in phone.get("/vault/").content.decode()
        body = {"subject": card.subject.uid, "reason": "不再需要"}
        for act in ("erase", "gather"):
            answer = phone.post(f"/api/v1/my/vault/{act}", body, content_type="application/json")
            assert (answer.status_code, answer.json()["code"]) == (403, "subjects.not_mandated")
        held.scope = ["codes", "certificates"]
        held.save()
        scanned = scan(token, code_for(phone, scene, who=card.subject.uid)).json()
        assert scanned["values"][1]["value"]
        assert phone.get(f"/vault/mine/{card.uid}/").status_code == 200
