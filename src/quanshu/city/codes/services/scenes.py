"""Scenes: drafted by the unit in charge, approved by the bureau, put in force, suspended, ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from quanshu.city.codes import rules
from quanshu.city.codes.events import CodeEvent
from quanshu.city.codes.models import Scene
from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.queries import offered_reads
from quanshu.city.codes.services.noting import note
from quanshu.city.codes.types import SceneData, SceneState
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow import api as workflow

KIND, REVIEW = "codes.scene", "codes.review"


def locked(scene: Scene) -> Scene:
    """The scene's row, held for a step."""
    return Scene.objects.select_for_update(of=("self",)).select_related("unit").get(pk=scene.pk)


def fill_in(scene: Scene, data: SceneData, now: datetime) -> None:
    """Check what is stated and put it on the row. Raises FieldErrors."""
    offered = offered_reads(scene.unit.path, now=now)
    rules.check_scene(data, offered=offered)
    scene.name, scene.name_en = data.name.strip(), data.name_en.strip()
    scene.purpose, scene.law = data.purpose.strip(), data.law.strip()
    scene.holders, scene.basis = sorted(data.holders), data.basis
    scene.offline, scene.opens, scene.closes = data.offline, data.opens, data.closes
    scene.set_reads(tuple(rules.titled(read, offered) for read in data.reads))
    scene.updated_at = now


@transaction.atomic
def draft_scene(*, actor: Actor, now: datetime, unit: Unit, data: SceneData) -> Scene:
    """Draft a scene of a unit. Raises Forbidden, FieldErrors."""
    scene = Scene(unit=unit, created_at=now, created_by=actor.name)
    require(actor, CodePermission.SCENE_EDIT, scene)
    fill_in(scene, data, now)
    scene.save()
    note(CodeEvent.SCENE_DRAFTED, scene, actor=actor, now=now, details=stated(scene))
    return scene


@transaction.atomic
def change_scene(*, actor: Actor, now: datetime, scene: Scene, data: SceneData) -> Scene:
    """Change a draft. Raises Forbidden, `codes.wrong_state`, FieldErrors."""
    scene = locked(scene)
    require(actor, CodePermission.SCENE_EDIT, scene)
    rules.check_editable(scene.state)
    fill_in(scene, data, now)
    scene.save()
    note(CodeEvent.SCENE_CHANGED, scene, actor=actor, now=now, details=stated(scene))
    return scene


def stated(scene: Scene) -> dict[str, Any]:
    """What the audit trail says a scene may read, and under what."""
    reads = [".".join(part for part in (read.source, read.of, read.field) if part) for read in scene.reads]
    return {"reads": reads, "basis": scene.basis, "law": scene.law, "offline": scene.offline}


def take_step(*, actor: Actor, now: datetime, scene: Scene, step: str, reason: str = "") -> Scene:
    """One step of the table, by who may take it. Raises Forbidden, `codes.wrong_state`."""
    scene = locked(scene)
    require(actor, rules.permission_of(rules.SCENES, step), scene)
    transition = rules.check_step(rules.SCENES, scene.state, step)
    before, scene.state, scene.updated_at = scene.state, transition.target, now
    scene.note = reason.strip()
    scene.save(update_fields=["state", "updated_at", "note"])
    if before == SceneState.SUBMITTED:
        workflow.stop_clock(kind=REVIEW, subject_kind=KIND, subject_uid=scene.uid, now=now)
        workflow.close_todo(kind=REVIEW, subject_kind=KIND, subject_uid=scene.uid, now=now)
    if scene.state == SceneState.SUBMITTED:
        start_review(scene, now)
    note(transition.event, scene, actor=actor, now=now, details={"reason": scene.note} if scene.note else {})
    return scene


def start_review(scene: Scene, now: datetime) -> None:
    """The bureau has five working days."""
    clock = workflow.start_clock(
        kind=REVIEW, subject_kind=KIND, subject_uid=scene.uid, days=rules.REVIEW_DAYS, holder_path="/", now=now
    )
    workflow.open_todo(
        kind=REVIEW,
        subject_kind=KIND,
        subject_uid=scene.uid,
        title=scene.name,
        url=scene.get_absolute_url(),
        permission=CodePermission.SCENE_APPROVE,
        unit_path="/",
        due_on=clock.due_on,
        now=now,
    )


@transaction.atomic
def submit_scene(*, actor: Actor, now: datetime, scene: Scene) -> Scene:
    """Hand a draft to the bureau. Raises Forbidden, `codes.wrong_state`."""
    return take_step(actor=actor, now=now, scene=scene, step="submit")


@transaction.atomic
def return_scene(*, actor: Actor, now: datetime, scene: Scene, reason: str) -> Scene:
    """Give a scene back with what is missing. Raises Forbidden, `codes.wrong_state`."""
    return take_step(actor=actor, now=now, scene=scene, step="return", reason=reason)


@transaction.atomic
def approve_scene(*, actor: Actor, now: datetime, scene: Scene) -> Scene:
    """The bureau approves what a scene reads, and under what. Raises Forbidden, `codes.wrong_state`."""
    return take_step(actor=actor, now=now, scene=scene, step="approve")


@transaction.atomic
def start_scene(*, actor: Actor, now: datetime, scene: Scene) -> Scene:
    """Put an approved scene in force. Raises Forbidden, `codes.wrong_state`."""
    return take_step(actor=actor, now=now, scene=scene, step="start")


@transaction.atomic
def suspend_scene(*, actor: Actor, now: datetime, scene: Scene, reason: str) -> Scene:
    """Stop a scene for a time; its codes are refused at once. Raises Forbidden, `codes.wrong_state`."""
    return take_step(actor=actor, now=now, scene=scene, step="suspend", reason=reason)


@transaction.atomic
def resume_scene(*, actor: Actor, now: datetime, scene: Scene) -> Scene:
    """Let a suspended scene go on. Raises Forbidden, `codes.wrong_state`."""
    return take_step(actor=actor, now=now, scene=scene, step="resume")


@transaction.atomic
def end_scene(*, actor: Actor, now: datetime, scene: Scene, reason: str) -> Scene:
    """End a scene for good. Raises Forbidden, `codes.wrong_state`."""
    return take_step(actor=actor, now=now, scene=scene, step="end", reason=reason)
