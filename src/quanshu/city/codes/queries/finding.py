"""Reads of codes. Issuing a code changes nothing and is therefore here: what counts is its scan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from quanshu.city.codes import rules
from quanshu.city.codes.models import Block, Scan, Scene, Verifier
from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.queries.keys import mint
from quanshu.city.codes.types import Blocked, CodesNotFound, SceneState, Shown, VerifierState
from quanshu.city.vault.api import Issuer, certificate_types
from quanshu.kernel.ciphers import suite
from quanshu.kernel.codes import DAY, ENTERPRISE, LIFETIME, PERSON, SKEW_OFFLINE
from quanshu.shared.access.api import Actor, ActorKind, Scope, find_seen, require
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.services.api import Grant, Shape, published_spec
from quanshu.sharing.subjects.api import (
    MandateScope,
    NotMandated,
    Subject,
    SubjectKind,
    acting_subject,
    number_of,
    subjects_for,
)

LIST_LIFE = timedelta(hours=24)
TOKEN_MARK = "qsv_"  # noqa: S105 - what every token begins with
KIND_CODES: Mapping[str, int] = {SubjectKind.PERSON: PERSON, SubjectKind.ENTERPRISE: ENTERPRISE}


def get_scene(*, actor: Actor, uid: str) -> Scene:
    """One scene as the actor may see it. Raises CodesNotFound."""
    return find_seen(Scene.objects.visible_to(actor).select_related("unit"), uid, CodesNotFound())


def find_scene_to_show(number: str) -> Scene | None:
    """The scene in force with this number, as a holder chooses it; None for any scene. Raises CodesNotFound."""
    if not number or number == "0":
        return None
    rows = Scene.objects.in_force().select_related("unit")
    found = rows.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 10 else None
    if found is None:
        raise CodesNotFound
    return found


def get_verifier(*, actor: Actor, uid: str) -> Verifier:
    """One verifier as the actor may see it. Raises CodesNotFound."""
    return find_seen(Verifier.objects.visible_to(actor).select_related("scene__unit"), uid, CodesNotFound())


def desks_of(actor: Actor) -> QuerySet[Verifier]:
    """Desks that the officer may scan at."""
    return Verifier.objects.at_desk_of(actor).select_related("scene__unit").order_by("scene__name", "name")


def scenes_for(kind: str) -> list[Scene]:
    """Scenes in force that take codes of this kind of subject."""
    rows = Scene.objects.in_force().select_related("unit")
    return [scene for scene in rows if kind in scene.holders]


def list_scans(actor: Actor, *, now: datetime) -> QuerySet[Scan]:
    """Scans that the actor may see; a resident's are their own and those of whom they may act for."""
    rows = Scan.objects.visible_to(actor)
    if actor.kind == ActorKind.RESIDENT:
        rows = rows | Scan.objects.filter(subject__in=subjects_for(actor, now=now, what=MandateScope.CODES))
    return rows.select_related("scene__unit", "verifier", "subject", "agent")


def block_of(subject: Subject) -> Block | None:
    """The block on a subject's codes, None when there is none."""
    return Block.objects.filter(subject=subject).first()


def show_code(
    *, actor: Actor, now: datetime, subject_uid: str = "", scene: Scene | None = None, verifier: int = 0
) -> Shown:
    """A fresh code of the actor's own, or of a subject it may act for, for a scene and a verifier or any.

    Raises Forbidden, NotMandated, Blocked, SceneOff, WrongHolder, CodesNotFound for a device not of the scene.
    """
    require(actor, CodePermission.SHOW)
    subject, blocked = whose_to_show(actor, subject_uid or actor.uid, now)
    if blocked:
        raise Blocked
    if verifier and not Verifier.objects.filter(pk=verifier, scene=scene, state=VerifierState.ACTIVE).exists():
        raise CodesNotFound
    proofs = 0
    if scene is not None:
        rules.check_in_force(scene.state)
        rules.check_holder(kind=subject.kind, holders=scene.holders)
        if rules.statements(scene.reads):
            proofs = rules.proofs_of(scene.reads, kind=subject.kind, number=number_of(subject), today=city_day(now))
    agent = 0 if subject.uid == actor.uid else Subject.objects.only("pk").get(uid=actor.uid).pk
    text = mint(now).issue(
        subject=subject.pk,
        agent=agent,
        kind=KIND_CODES[subject.kind],
        proofs=proofs,
        scene=scene.pk if scene else 0,
        verifier=verifier,
        now=int(now.timestamp()),
    )
    return Shown(text, LIFETIME, int(now.timestamp()) + LIFETIME, scene, subject)


# Asked every 50 seconds of every page that is open: one look-up by a unique index, for the holder and the block on it.
OWN = (
    "SELECT s.*, b.id AS blocked FROM subjects_subject s LEFT JOIN codes_block b ON b.subject_id = s.id "
    "WHERE s.uid = %s"
)


def whose_to_show(actor: Actor, uid: str, now: datetime) -> tuple[Subject, bool]:
    """(the subject whose code the actor may show, whether it or the actor is blocked). Raises NotMandated."""
    if uid == actor.uid and actor.kind == ActorKind.RESIDENT:
        found: Any = next(iter(Subject.objects.raw(OWN, [uid])), None)
        if found is None:
            raise NotMandated
        return found, found.blocked is not None
    subject = acting_subject(actor, uid=uid, now=now, what=MandateScope.CODES)
    return subject, Block.objects.filter(subject__uid__in={uid, actor.uid}).exists()


def actor_of_verifier(verifier: Verifier) -> Actor:
    """A verifier as an actor that may scan, and nothing else."""
    unit = verifier.scene.unit
    return Actor(
        uid=verifier.uid,
        name=verifier.name,
        kind=ActorKind.SERVICE,
        unit_uid=unit.uid,
        unit_path=unit.path,
        grants={CodePermission.SCAN: Scope.UNIT},
    )


def token_digest(token: str) -> str:
    """A token as it is kept."""
    return suite("intl").digest(token.encode()).hex()


def verifier_by_token(token: str) -> Verifier | None:
    """The verifier whose token this is, in whatever state."""
    if not token.startswith(TOKEN_MARK):
        return None
    return Verifier.objects.select_related("scene__unit").filter(token_hash=token_digest(token), proof="token").first()


def verifier_by_uid(uid: str) -> Verifier | None:
    """The verifier that says it has this uid and proves it by its key."""
    return Verifier.objects.select_related("scene__unit").filter(uid=uid, proof="key").first()


def offered_reads(unit_path: str, *, now: datetime) -> dict[tuple[str, str, str], tuple[str, str]]:
    """What a unit's scenes may read beyond the account: {(application, service, field): (title, title_en)}.

    Of services only what an application of the unit holds a grant in force for, and can be asked with what a code
    tells; of certificates ("", type, claim) what the holder may keep back, of types that somebody issues.
    """
    grants = Grant.objects.filter(
        consumer__unit__path=unit_path,
        consumer__active=True,
        revoked_at__isnull=True,
        valid_until__gt=now,
        service__served_version__isnull=False,
    ).select_related("consumer", "service")
    found = certificate_claims()
    for grant in grants:
        spec = published_spec(grant.service)
        if not any(rules.fillable(spec.get("parameters", ()), kind) for kind in SubjectKind):
            continue
        rid, sid = grant.consumer.rid, grant.service.sid
        if grant.service.shape == Shape.VERIFY:
            found[rid, sid, "result"] = (grant.service.name, grant.service.name_en)
        elif grant.service.shape == Shape.QUERY:
            titles = {part["name"]: (part["title"], part.get("title_en", "")) for part in spec["fields"]}
            found |= {(rid, sid, name): titles[name] for name in grant.fields if name in titles}
    return found


def certificate_claims() -> dict[tuple[str, str, str], tuple[str, str]]:
    """Claims of certificates that can be shown in part: {("", type, claim): (title, title_en)}."""
    issued = set(Issuer.objects.filter(active=True).values_list("type_code", flat=True))
    return {
        ("", code, claim.name): (f"{kind.name}：{claim.title}", f"{kind.name_en}: {claim.title_en}")
        for code, kind in certificate_types().items()
        for claim in kind.claims
        if code in issued and claim.hidden
    }


def offline_list(*, now: datetime) -> dict[str, Any]:
    """What verifiers keep to scan off line, signed: scenes, who may scan, who may no more, and blocked holders.

    A blocked holder stands there by keys of yesterday, today and tomorrow, which tell codes of these days alone.
    """
    stamp = int(now.timestamp())
    scenes = Scene.objects.exclude(state=SceneState.DRAFT).filter(offline=True).prefetch_related("verifiers")
    off = Verifier.objects.exclude(state=VerifierState.ACTIVE).values_list("pk", flat=True)
    blocked = list(Block.objects.values_list("subject_id", flat=True))
    days, secrets = range(stamp // DAY - 1, stamp // DAY + 2), mint(now)
    payload = {
        "node": settings.QUANSHU_NODE_NAME,
        "issued_at": stamp,
        "valid_until": stamp + int(LIST_LIFE.total_seconds()),
        "skew": SKEW_OFFLINE,
        "scenes": [offline_scene(scene) for scene in scenes if scene.state == SceneState.IN_FORCE],
        "verifiers_off": sorted(off),
        "holders_off": {str(day): sorted(secrets.holder_key(pk, day).hex() for pk in blocked) for day in days},
    }
    return secrets.sign_list(payload)


def offline_scene(scene: Scene) -> dict[str, Any]:
    """A scene as the list tells it."""
    return {
        "number": scene.pk,
        "name": scene.name,
        "offline": scene.offline,
        "needs_choice": scene.basis == "consent",
        "opens": scene.opens,
        "closes": scene.closes,
        "proofs": [read.title for read in rules.statements(scene.reads)],
        "verifiers": sorted(row.pk for row in scene.verifiers.all() if row.state == VerifierState.ACTIVE),
    }


def scene_figures(actor: Actor, *, now: datetime) -> QuerySet[Any]:
    """Scenes with their scans: taken, taken in the last 30 days, refused."""
    recent = now - timedelta(days=30)
    return (
        Scene.objects.visible_to(actor)
        .exclude(state=SceneState.DRAFT)
        .select_related("unit")
        .annotate(
            taken=Count("scans", filter=Q(scans__ok=True)),
            taken_lately=Count("scans", filter=Q(scans__ok=True, scans__at__gte=recent)),
            refused=Count("scans", filter=Q(scans__ok=False)),
        )
    )
