"""docs/reference/: settings, permissions, refusals, workflows and metrics as the code has them.

python tools/reference.py           writes the pages
python tools/reference.py --check   fails when a page on disk is not what it should be
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs/reference"
NOTE = "Made from the code by `make docs`.\n"


def start_django() -> None:
    """Settings need a home folder; any will do."""
    os.environ.setdefault("QUANSHU_HOME", tempfile.mkdtemp(prefix="quanshu-docs-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanshu.config.settings")
    import django

    django.setup()


def modules(ending: str) -> Iterator[ModuleType]:
    """Modules of the package called so, in order."""
    package = importlib.import_module("quanshu")
    names = [found.name for found in pkgutil.walk_packages(package.__path__, "quanshu.")]
    for name in sorted(names):
        if name.endswith(f".{ending}"):
            yield importlib.import_module(name)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(cells(row)) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def cells(row: tuple[str, ...]) -> tuple[str, ...]:
    """Cells whose bars do not end them."""
    return tuple(cell.replace("|", "\\|").replace("\n", " ") for cell in row)


def settings_page() -> str:
    """Every environment variable."""
    from quanshu.config.environment import SETTINGS

    rows = [(f"`{row.variable}`", f"`{row.default}`" if row.default else "", row.help) for row in SETTINGS]
    return f"# Settings\n\n{NOTE}\n{table(('variable', 'default', 'what for'), rows)}"


def permissions_page() -> str:
    """Every permission and which role has it by default, and how far."""
    granted: dict[str, dict[str, str]] = {}
    for module in modules("permissions"):
        grants: Mapping[str, Mapping[Any, Any]] = getattr(module, "ROLE_GRANTS", {})
        for role, permissions in grants.items():
            for permission, scope in permissions.items():
                granted.setdefault(str(permission), {})[role] = str(scope)
    roles = sorted({role for scopes in granted.values() for role in scopes})
    rows = [(f"`{name}`", *(granted[name].get(role, "") for role in roles)) for name in sorted(granted)]
    return f"# Permissions\n\n{NOTE}\n{table(('permission', *roles), rows)}"


def refusals_page() -> str:
    """Every error code with its status, message and remedy; those of gateways as they answer in English."""
    from quanshu.gateway.messages import MESSAGES
    from quanshu.kernel.errors import QuanshuError

    found: dict[str, tuple[str, ...]] = {}
    for ending in ("types", "errors", "services", "rest", "lists", "pages", "journal", "execution", "snapshot", "base"):
        for module in modules(ending):
            for _name, kind in inspect.getmembers(module, inspect.isclass):
                if issubclass(kind, QuanshuError) and kind.__module__.startswith("quanshu."):
                    found[kind.code] = (f"`{kind.code}`", str(kind.status), kind.message, kind.remedy)
    for code, (status, _fault, _remedy, fault, remedy) in MESSAGES.items():
        found[code] = (f"`{code}`", str(status), fault, remedy)
    rows = [found[code] for code in sorted(found)]
    return f"# Refusals\n\n{NOTE}\n{table(('code', 'status', 'message', 'remedy'), rows)}"


def workflows_page() -> str:
    """Every table of transitions, and its picture."""
    parts = [f"# Workflows\n\n{NOTE}"]
    for module in modules("rules"):
        machine = getattr(module, "MACHINE", None)
        if machine is None:
            continue
        rows: list[tuple[str, ...]] = []
        arrows: list[str] = []
        for step in machine.transitions:
            sources = sorted(str(source) for source in step.sources)
            clocks = "; ".join([*(f"starts {name}" for name in step.starts), *(f"stops {name}" for name in step.stops)])
            rows.append((step.name, ", ".join(sources), str(step.target), f"`{step.permission}`", clocks))
            arrows += [f"    {source} --> {step.target}: {step.name}" for source in sources]
        diagram = "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "```"])
        head = ("step", "from", "to", "permission", "clocks")
        parts.append(f"\n## {machine.name}\n\n{diagram}\n\n{table(head, rows)}")
    return "".join(parts)


def metrics_page() -> str:
    """Every metric of every kind of process."""
    from quanshu.gateway.metrics import GatewayMetrics
    from quanshu.kernel.metrics import Counter, Gauge
    from quanshu.portal.pages.scrape import GAUGES
    from quanshu.shared.jobs import figures as worker
    from quanshu.shared.web import figures as web

    parts = [f"# Metrics\n\n{NOTE}\n"]
    kinds = (("Gateway", GatewayMetrics(Path(os.devnull)).metrics), ("Web", web.metrics), ("Worker", worker.metrics))
    for title, metrics in kinds:
        rows = []
        for family in metrics.families:
            kind = "gauge" if isinstance(family, Gauge) else "counter" if isinstance(family, Counter) else "histogram"
            name = f"{family.named.name}_total" if kind == "counter" else family.named.name
            rows.append((f"`{name}`", kind, ", ".join(family.named.labels), family.named.help))
        if title == "Web":
            rows += [(f"`{row.name}`", "gauge", ", ".join(row.labels), row.help) for row in GAUGES]
        parts.append(f"## {title}\n\n{table(('metric', 'kind', 'labels', 'what it says'), rows)}\n")
    return "".join(parts).rstrip() + "\n"


PAGES = {
    "metrics.md": metrics_page,
    "settings.md": settings_page,
    "permissions.md": permissions_page,
    "refusals.md": refusals_page,
    "workflows.md": workflows_page,
}


def main(words: list[str]) -> int:
    start_django()
    stale = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        path, text = FOLDER / name, make()
        if "--check" in words:
            stale += [name] if not path.exists() or path.read_text(encoding="utf-8") != text else []
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"stale: {', '.join(stale)}; run `make docs`")
    return int(bool(stale))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
