"""The door of libraries."""

from __future__ import annotations

from quanshu.supply.libraries.events import LibraryEvent
from quanshu.supply.libraries.models import Build, Library, Model, Version
from quanshu.supply.libraries.permissions import LibraryPermission
from quanshu.supply.libraries.queries import (
    find_model_by_code,
    get_library,
    library_figures,
    list_libraries,
    list_models,
)
from quanshu.supply.libraries.services import (
    build_now,
    create_library,
    publish_model,
    save_model,
    schedule_model,
    start_build,
    submit_model,
    swap_build,
)
from quanshu.supply.libraries.types import BuildState, LibraryData, LibraryKind, ModelData

__all__ = [
    "Build",
    "BuildState",
    "Library",
    "LibraryData",
    "LibraryEvent",
    "LibraryKind",
    "LibraryPermission",
    "Model",
    "ModelData",
    "Version",
    "build_now",
    "create_library",
    "find_model_by_code",
    "get_library",
    "library_figures",
    "list_libraries",
    "list_models",
    "publish_model",
    "save_model",
    "schedule_model",
    "start_build",
    "submit_model",
    "swap_build",
]
