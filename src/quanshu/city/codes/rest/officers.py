"""What officers do with scenes and devices."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.city.codes import queries, services
from quanshu.city.codes.models import Scene, SigningKey, Verifier
from quanshu.city.codes.permissions import CodePermission as P
from quanshu.city.codes.rest.scanning import scan_row
from quanshu.city.codes.types import CodesNotFound, Read, SceneData
from quanshu.kernel.clock import now
from quanshu.organisation.api import Unit
from quanshu.shared.web.api import actor_of, page_of

router = Router()
SCENE_STEPS = {
    "submit": services.submit_scene,
    "approve": services.approve_scene,
    "start": services.start_scene,
    "resume": services.resume_scene,
}
SCENE_REASONS = {"return": services.return_scene, "suspend": services.suspend_scene, "end": services.end_scene}


class ReadBody(Schema):
    """A field: of the account (`name`, `number`, `agent`, `age` with `least`), or of a service (`of`) that an
    application of the unit (`via`) holds a grant for."""

    source: str
    field: str
    of: str = ""
    via: str = ""
    least: int = 0


class SceneBody(Schema):
    """What a unit states of a scene."""

    name: str
    purpose: str
    holders: list[str]
    reads: list[ReadBody]
    basis: str
    name_en: str = ""
    law: str = ""
    offline: bool = False
    opens: str = ""
    closes: str = ""

    def value(self) -> SceneData:
        """As the value services take."""
        given = self.dict(exclude={"holders", "reads"})
        return SceneData(holders=tuple(self.holders), reads=tuple(Read(**row.dict()) for row in self.reads), **given)


class ReasonBody(Schema):
    """Why."""

    reason: str = ""


class RotateBody(Schema):
    """Whether the key in use must not sign, and nothing it signed be taken, any more."""

    at_once: bool = False


class VerifierBody(Schema):
    """A device; `proof` is desk, token or key."""

    name: str
    proof: str
    place: str = ""
    public_key: str = ""


def scene_row(scene: Scene) -> dict[str, Any]:
    """A scene."""
    names = ("uid", "name", "name_en", "purpose", "holders", "basis", "law", "offline", "opens", "closes", "state")
    return {
        **{name: getattr(scene, name) for name in names},
        "number": scene.pk,
        "unit": scene.unit.name,
        "reads": scene.reading,
        "note": scene.note,
    }


def verifier_row(verifier: Verifier) -> dict[str, Any]:
    """A device."""
    names = ("uid", "name", "place", "proof", "public_key", "state", "last_seen_at")
    return {**{name: getattr(verifier, name) for name in names}, "number": verifier.pk, "scene_uid": verifier.scene.uid}


@router.get("/scenes")
def list_scenes(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Scenes."""
    actor = actor_of(request, P.SCENE_VIEW)
    rows = Scene.objects.visible_to(actor).select_related("unit")
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=scene_row)


@router.post("/scenes", response={201: dict[str, Any]})
def create_scene(request: HttpRequest, body: SceneBody) -> Status[dict[str, Any]]:
    """Draft a scene of one's own unit."""
    actor = actor_of(request, P.SCENE_EDIT)
    unit = Unit.objects.filter(uid=actor.unit_uid or "").first()
    if unit is None:
        raise CodesNotFound
    return Status(201, scene_row(services.draft_scene(actor=actor, now=now(), unit=unit, data=body.value())))


@router.get("/scenes/{uid}")
def read_scene(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One scene."""
    return scene_row(queries.get_scene(actor=actor_of(request), uid=uid))


@router.put("/scenes/{uid}")
def change_scene(request: HttpRequest, uid: str, body: SceneBody) -> dict[str, Any]:
    """Change a draft."""
    actor = actor_of(request)
    scene = queries.get_scene(actor=actor, uid=uid)
    return scene_row(services.change_scene(actor=actor, now=now(), scene=scene, data=body.value()))


@router.post("/scenes/{uid}/verifiers", response={201: dict[str, Any]})
def register_verifier(request: HttpRequest, uid: str, body: VerifierBody) -> Status[dict[str, Any]]:
    """Register a device; its token is told here and never again."""
    actor = actor_of(request)
    scene = queries.get_scene(actor=actor, uid=uid)
    verifier, token = services.register_verifier(actor=actor, now=now(), scene=scene, **body.dict())
    return Status(201, {**verifier_row(verifier), "token": token})


@router.post("/scenes/{uid}/{step}")
def move_scene(request: HttpRequest, uid: str, step: str, body: ReasonBody | None = None) -> dict[str, Any]:
    """Take a step: submit, approve, return, start, suspend, resume, end."""
    actor = actor_of(request)
    scene = queries.get_scene(actor=actor, uid=uid)
    if step in SCENE_STEPS:
        return scene_row(SCENE_STEPS[step](actor=actor, now=now(), scene=scene))
    if step not in SCENE_REASONS:
        raise CodesNotFound
    reason = body.reason if body else ""
    return scene_row(SCENE_REASONS[step](actor=actor, now=now(), scene=scene, reason=reason))


@router.get("/verifiers")
def list_verifiers(request: HttpRequest, scene: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Devices."""
    actor = actor_of(request, P.SCENE_VIEW)
    rows = Verifier.objects.visible_to(actor).select_related("scene__unit")
    return page_of(rows.filter(scene__uid=scene) if scene else rows, limit=limit, offset=offset, serialise=verifier_row)


@router.post("/verifiers/{uid}/{step}")
def move_verifier(request: HttpRequest, uid: str, step: str, body: ReasonBody | None = None) -> dict[str, Any]:
    """Take a step: suspend, resume, end; renew replaces the token."""
    actor = actor_of(request)
    verifier = queries.get_verifier(actor=actor, uid=uid)
    reason = body.reason if body else ""
    if step == "resume":
        return verifier_row(services.resume_verifier(actor=actor, now=now(), verifier=verifier))
    if step == "suspend":
        return verifier_row(services.suspend_verifier(actor=actor, now=now(), verifier=verifier, reason=reason))
    if step == "end":
        return verifier_row(services.end_verifier(actor=actor, now=now(), verifier=verifier, reason=reason))
    if step == "renew":
        verifier, token = services.renew_token(actor=actor, now=now(), verifier=verifier)
        return {**verifier_row(verifier), "token": token}
    raise CodesNotFound


def key_row(key: SigningKey) -> dict[str, Any]:
    """A signing key."""
    names = ("number", "public", "published_at", "published_by", "signs_from", "signs_until", "verifies_until")
    return {name: getattr(key, name) for name in names}


@router.get("/keys")
def list_keys(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Keys that have followed one another; none while the first there ever was signs."""
    actor_of(request, P.KEY_ROTATE)
    return page_of(SigningKey.objects.all(), limit=limit, offset=offset, serialise=key_row)


@router.post("/keys", response={201: dict[str, Any]})
def rotate_key(request: HttpRequest, body: RotateBody | None = None) -> Status[dict[str, Any]]:
    """Publish a new key, which signs a day later, or at once where the one in use is in wrong hands."""
    actor = actor_of(request)
    key = services.rotate_key(actor=actor, now=now(), at_once=bool(body and body.at_once))
    return Status(201, key_row(key))


@router.get("/scans")
def list_scans(request: HttpRequest, scene: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Scans of the unit's scenes."""
    actor = actor_of(request, P.SCENE_VIEW)
    rows = queries.list_scans(actor, now=now())
    return page_of(rows.filter(scene__uid=scene) if scene else rows, limit=limit, offset=offset, serialise=scan_row)


@router.get("/figures")
def figures(request: HttpRequest) -> list[dict[str, Any]]:
    """Scans by scene."""
    actor = actor_of(request, P.SCENE_VIEW)
    return [
        {
            "scene_uid": row.uid,
            "scene": row.name,
            "unit": row.unit.name,
            "accepted": row.taken,
            "accepted_30_days": row.taken_lately,
            "refused": row.refused,
        }
        for row in queries.scene_figures(actor, now=now())
    ]
