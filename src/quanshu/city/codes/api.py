"""The door of codes."""

from __future__ import annotations

from quanshu.city.codes.events import CodeEvent
from quanshu.city.codes.models import Scan, Scene, Verifier
from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.queries import actor_of_verifier, list_scans, show_code
from quanshu.city.codes.services import (
    approve_scene,
    draft_scene,
    register_verifier,
    scan_code,
    start_scene,
    submit_scene,
    upload_scans,
)
from quanshu.city.codes.types import (
    REFUSALS,
    AccountField,
    Basis,
    Proof,
    Read,
    SceneData,
    ScenePort,
    SceneState,
    Source,
    Told,
    Upload,
)

__all__ = [
    "REFUSALS",
    "AccountField",
    "Basis",
    "CodeEvent",
    "CodePermission",
    "Proof",
    "Read",
    "Scan",
    "Scene",
    "SceneData",
    "ScenePort",
    "SceneState",
    "Source",
    "Told",
    "Upload",
    "Verifier",
    "actor_of_verifier",
    "approve_scene",
    "draft_scene",
    "list_scans",
    "register_verifier",
    "scan_code",
    "show_code",
    "start_scene",
    "submit_scene",
    "upload_scans",
]
