"""Limits of the house, read from the source and from Django's registry."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps

from support_code import parsed

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/quanshu"
ROOMS = (
    "organisation",
    *sorted(
        f"{floor}/{path.parent.name}"
        for floor in ("supply", "sharing", "city", "oversight")
        for path in PACKAGE.glob(f"{floor}/*/apps.py")
    ),
)
# The service desk is pages and an API over the rows, rules and writes of `services`; it has none of its own.
PAGES_ALONE = {"sharing/desk"}
WRITING_ROOMS = tuple(room for room in ROOMS if room not in PAGES_ALONE)
ROOM_FILES = {
    "README.md", "__init__.py", "admin.py", "api.py", "apps.py", "commands.py", "events.py", "handlers.py",
    "models.py", "permissions.py", "queries.py", "rules.py", "services.py", "tasks.py", "types.py", "urls.py",
    "backends.py", "middleware.py",
}  # fmt: skip
ROOM_FOLDERS = {
    "data", "locale", "migrations", "models", "pages", "queries", "rest", "rules", "services", "sql", "static",
    "templates", "types", "__pycache__", "management", "search",
}  # fmt: skip
FLOORS = (
    "kernel",
    "tlog",
    "lake",
    "gateway",
    "shared",
    "organisation",
    "supply",
    "sharing",
    "city",
    "oversight",
    "portal",
    "config",
    "demo",
    "cli",
)
CLOCK_READERS = re.compile(r"\b(datetime\.now|date\.today|timezone\.now|time\.time)\(")


def modules() -> Iterator[Path]:
    for path in PACKAGE.rglob("*.py"):
        if "migrations" not in path.parts:
            yield path


def test_modules_and_functions_stay_short() -> None:
    faults = []
    for path in modules():
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 400:
            faults.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 50:
                    faults.append(f"{path.relative_to(ROOT)}: {node.name} has {length} lines")
    assert not faults, "\n".join(faults)


def test_templates_stay_short() -> None:
    long = [path for path in PACKAGE.rglob("templates/**/*.html") if path.read_text(encoding="utf-8").count("\n") > 200]
    assert not long


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_holds_only_the_listed_files(room: str) -> None:
    names = {path.name for path in (PACKAGE / room).iterdir()}
    assert names <= ROOM_FILES | ROOM_FOLDERS, names - ROOM_FILES - ROOM_FOLDERS
    # A file that has outgrown its limit is a package of the same name.
    modules = {
        path.stem for path in (PACKAGE / room).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert "README.md" in names
    writing = {"models", "permissions", "rules", "services"}
    if room in PAGES_ALONE:
        assert {"api", "apps", "pages"} <= modules
        assert not writing & modules
    else:
        assert {"api", "apps", "models", "permissions", "rules"} <= modules


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_stays_small(room: str) -> None:
    # Migrations are generated and read by nobody.
    files = [path for path in (PACKAGE / room).rglob("*.py") if path.parent.name != "migrations"]
    lines = sum(path.read_text(encoding="utf-8").count("\n") for path in files)
    assert lines <= 6000
    label = room.rpartition("/")[2]
    assert len(list(apps.get_app_config(label).get_models())) <= 12


def floor_of(module: str) -> int:
    return FLOORS.index(module.split(".")[1])


def test_foreign_keys_look_downwards() -> None:
    faults = []
    for model in apps.get_models():
        if not model.__module__.startswith("quanshu."):
            continue
        for field in model._meta.get_fields():
            other = getattr(field, "related_model", None)
            if not getattr(field, "concrete", False) or other is None or not other.__module__.startswith("quanshu."):
                continue
            if floor_of(other.__module__) > floor_of(model.__module__):
                faults.append(f"{model._meta.label}.{field.name} → {other._meta.label}")
    assert not faults


def test_templates_extend_their_own_room_or_the_shell() -> None:
    pattern = re.compile(r"{%\s*(?:extends|include)\s+['\"]([\w-]+)/")
    faults = []
    for path in PACKAGE.rglob("templates/**/*.html"):
        own = path.relative_to(PACKAGE).parts
        room = own[own.index("templates") + 1]
        for other in pattern.findall(path.read_text(encoding="utf-8")):
            if other not in {room, "web"}:
                faults.append(f"{path.relative_to(ROOT)}: {other}")
    assert not faults


def test_nobody_reaches_for_models_by_name() -> None:
    faults = [path for path in modules() if "get_model(" in path.read_text(encoding="utf-8")]
    assert not faults


def test_only_the_kernel_reads_the_clock() -> None:
    allowed = {"kernel/clock.py", "kernel/ids.py"}
    faults = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in modules()
        if path.relative_to(PACKAGE).as_posix() not in allowed
        for match in CLOCK_READERS.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not faults


@pytest.mark.parametrize("room", WRITING_ROOMS)
def test_writes_take_who_and_when_by_name(room: str) -> None:
    module = import_module(f"quanshu.{room.replace('/', '.')}.services")
    wrong = []
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if name.startswith("_") or "actor" not in inspect.signature(function).parameters:
            continue
        if not function.__module__.startswith(module.__name__):
            continue
        parameters = inspect.signature(function).parameters.values()
        wrong += [f"{name}({each.name})" for each in parameters if each.kind is not each.KEYWORD_ONLY]
    assert not wrong


@pytest.mark.parametrize("room", WRITING_ROOMS)
def test_permission_event_and_error_codes_keep_the_grammar(room: str) -> None:
    base = f"quanshu.{room.replace('/', '.')}"
    label = room.rpartition("/")[2]
    grammar = re.compile(rf"{label}\.[a-z_]+\.[a-z_]+\Z")
    for kind in ("permissions", "events"):
        module = import_module(f"{base}.{kind}")
        for _name, group in inspect.getmembers(module, inspect.isclass):
            if group.__module__ == module.__name__:
                assert all(grammar.match(member.value) for member in group), [member.value for member in group]
    types = import_module(f"{base}.types")
    for _name, error in inspect.getmembers(types, inspect.isclass):
        if issubclass(error, Exception) and error.__module__ == types.__name__:
            assert re.fullmatch(rf"{label}\.[a-z_]+", error.code), error.code
            assert error.message
            assert error.remedy


def test_nothing_names_a_machine_or_a_registry() -> None:
    pattern = re.compile(r"/work/|/opt/pypi|pypi\.org|files\.pythonhosted|registry\.npmjs|/root/")
    faults = []
    for path in [
        *PACKAGE.rglob("*.*"),
        *(ROOT / "tools").glob("*"),
        ROOT / "requirements.lock",
        ROOT / "package-lock.json",
    ]:
        readable = path.is_file() and path.suffix in {".py", ".html", ".toml", ".lock", ".json", ".po", ".md", ".csv"}
        if readable and "vendor" not in path.parts and pattern.search(path.read_text(encoding="utf-8")):
            faults.append(str(path.relative_to(ROOT)))
    assert not faults


class Rubbish:
    """Waits for the collector, and parses when it is thrown away, as a formatted traceback does."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        ast.parse("anything")


def test_source_is_read_while_the_rubbish_of_other_tests_waits() -> None:
    for _ in range(150):
        Rubbish()
        assert parsed(Path(__file__)).body
