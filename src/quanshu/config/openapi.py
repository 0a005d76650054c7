"""The API's own document, with a form of its own for each body: rooms may call theirs by the same name."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from pydantic import BaseModel

REF = "#/components/schemas/"


class Document(OpenAPISchema):
    """Ninja keeps forms by their name alone, so that of two the later one would be shown for both."""

    def __init__(self, api: NinjaAPI, path_prefix: str) -> None:
        self.room = ""
        self.renamed: dict[str, str] = {}
        super().__init__(api, path_prefix)

    def _create_schema_from_model(self, model: Any, *args: Any, **kwargs: Any) -> tuple[dict[str, Any], bool]:
        self.room, self.renamed = room_of(model), {}
        schema, required = super()._create_schema_from_model(model, *args, **kwargs)
        return referring(schema, self.renamed), required

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        """Keep forms; one whose name another form has already is named after its room as well."""
        for name, form in definitions.items():
            fresh, number = name, 0
            while self.schemas.get(fresh, form) != form:
                number += 1
                fresh = f"{self.room}{name}{number if number > 1 else ''}"
            if fresh != name:
                self.renamed[name] = fresh
        for name, form in definitions.items():
            self.schemas[self.renamed.get(name, name)] = referring(form, self.renamed)


class DocumentedAPI(NinjaAPI):
    """An API whose document tells each operation's own form."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """The document, as OpenAPI 3.1."""
        return Document(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)


def room_of(model: type[BaseModel]) -> str:
    """The room, as the beginning of a name, of the first form that is part of a request."""
    for field in model.model_fields.values():
        module = str(getattr(field.annotation, "__module__", ""))
        if module.startswith("quanshu."):
            parts = module.split(".")
            return parts[parts.index("rest") - 1].title() if "rest" in parts else parts[-1].title()
    return "Other"


def referring(node: Any, renamed: dict[str, str]) -> Any:
    """The same with references to what was renamed."""
    if not renamed:
        return node
    if isinstance(node, list):
        return [referring(part, renamed) for part in node]
    if not isinstance(node, dict):
        return node
    return {key: told(part, renamed) if key == "$ref" else referring(part, renamed) for key, part in node.items()}


def told(reference: str, renamed: dict[str, str]) -> str:
    """One reference."""
    name = reference.removeprefix(REF)
    return REF + renamed.get(name, name)
