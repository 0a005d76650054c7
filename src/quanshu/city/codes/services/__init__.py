"""Writes of codes."""

from __future__ import annotations

from quanshu.city.codes.services.batching import scan_codes
from quanshu.city.codes.services.holders import block_codes, type_code, unblock_codes
from quanshu.city.codes.services.keys import rotate_key
from quanshu.city.codes.services.scanning import scan_code, upload_scans
from quanshu.city.codes.services.scenes import (
    approve_scene,
    change_scene,
    draft_scene,
    end_scene,
    resume_scene,
    return_scene,
    start_scene,
    submit_scene,
    suspend_scene,
)
from quanshu.city.codes.services.verifiers import (
    end_verifier,
    register_verifier,
    renew_token,
    resume_verifier,
    suspend_verifier,
)

__all__ = [
    "approve_scene",
    "block_codes",
    "change_scene",
    "draft_scene",
    "end_scene",
    "end_verifier",
    "register_verifier",
    "renew_token",
    "resume_scene",
    "resume_verifier",
    "return_scene",
    "rotate_key",
    "scan_code",
    "scan_codes",
    "start_scene",
    "submit_scene",
    "suspend_scene",
    "suspend_verifier",
    "type_code",
    "unblock_codes",
    "upload_scans",
]
