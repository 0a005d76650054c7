"""The API's own document tells each operation's form, also where rooms call theirs by the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from ninja.operation import Operation
from pydantic import BaseModel

from quanshu.config.rest import api


def operations() -> Iterator[tuple[str, str, Operation]]:
    """(address, method, operation) of the whole API."""
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    address = re.sub(r"\{(?:\w+:)?(\w+)\}", r"{\1}", f"/api/v1/{prefix}/{path}")
                    yield re.sub("/{2,}", "/", address), method.lower(), operation


def form_of(operation: Operation) -> type[BaseModel] | None:
    """The one form that an operation takes as its body, as its code names it."""
    for model in operation.models:
        if model.__ninja_param_source__ == "body" and len(model.model_fields) == 1:  # type: ignore[attr-defined]
            annotation = next(iter(model.model_fields.values())).annotation
            kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
            return next((kind for kind in kinds if issubclass(kind, BaseModel)), None)
    return None


def test_every_body_is_told_as_the_operation_takes_it() -> None:
    document = api.get_openapi_schema()
    forms: dict[str, Any] = document["components"]["schemas"]
    seen = 0
    for address, method, operation in operations():
        form = form_of(operation)
        if form is None:
            continue
        told = document["paths"][address][method]["requestBody"]["content"]["application/json"]["schema"]
        if "$ref" not in told:
            continue
        shown = forms[told["$ref"].rpartition("/")[2]]
        names = {field.alias or name for name, field in form.model_fields.items()}
        assert (set(shown["properties"]), shown["title"]) == (names, form.__name__), (address, method)
        seen += 1
    assert seen > 100


def test_every_reference_leads_somewhere() -> None:
    document = api.get_openapi_schema()
    named = set(re.findall(r"#/components/schemas/([^'\"]+)", str(document)))
    assert named <= set(document["components"]["schemas"])
