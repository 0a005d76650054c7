"""An import contract: a room is entered by its `api.py` and by nothing else."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class DoorContract(Contract):
    """Modules outside a room may import the room's `api` only.

    `doors` are the rooms. Modules below `mounted` may import a room's `open_modules` as well: something
    has to put its addresses on the map.
    """

    doors = fields.ListField(subfield=fields.StringField())
    mounted = fields.ListField(subfield=fields.StringField(), required=False)
    open_modules = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        broken = [
            (importer, imported)
            for door in named(self.doors)
            if door in graph.modules
            for imported in {door, *graph.find_descendants(door)}
            for importer in graph.find_modules_that_directly_import(imported)
            if not self._allowed(importer, imported, door)
        ]
        return ContractCheck(kept=not broken, metadata={"broken": sorted(broken)})

    def _allowed(self, importer: str, imported: str, door: str) -> bool:
        if within(importer, door) or imported == f"{door}.api":
            return True
        mounts = any(within(importer, place) for place in named(self.mounted))
        opened = {f"{door}.{name}" for name in named(self.open_modules)}
        return mounts and imported in opened

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} imports {imported}; it may import the room's api only.")


def named(field: object) -> list[str]:
    """A list field's values; an optional one left out has none."""
    return [str(name) for name in field] if isinstance(field, list | tuple) else []


def within(module: str, package: str) -> bool:
    """Whether a module is a package or lies below it."""
    return module == package or module.startswith(f"{package}.")
