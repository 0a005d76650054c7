"""Reads of libraries."""

from __future__ import annotations

from quanshu.supply.libraries.queries.compiling import Compiled, compile_model, data_of
from quanshu.supply.libraries.queries.graphs import column_graph, downstream_of, model_graph
from quanshu.supply.libraries.queries.listing import (
    find_model_by_code,
    get_build,
    get_library,
    get_library_model,
    library_figures,
    list_builds,
    list_libraries,
    list_models,
)
from quanshu.supply.libraries.queries.openlineage import openlineage_events

__all__ = [
    "Compiled",
    "column_graph",
    "compile_model",
    "data_of",
    "downstream_of",
    "find_model_by_code",
    "get_build",
    "get_library",
    "get_library_model",
    "library_figures",
    "list_builds",
    "list_libraries",
    "list_models",
    "model_graph",
    "openlineage_events",
]
