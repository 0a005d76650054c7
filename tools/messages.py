"""Message catalogues without gettext's programs: extract, compile, check.

    python tools/messages.py update [app folder …]   new msgids into each app's zh_Hans catalogue
    python tools/messages.py compile                 .po → .mo
    python tools/messages.py check                   fails on an untranslated or stale msgid

A msgid belongs to the nearest folder above it that has an `apps.py`; the rest belongs to the package's
own catalogue. The gateway carries its own table of texts.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src/quanshu"
PLACE = "locale/zh_Hans/LC_MESSAGES/django.po"
FUNCTIONS = {"gettext", "gettext_lazy", "gettext_noop", "_", "N_", "ngettext", "ngettext_lazy", "pgettext"}
ATTRIBUTES = {"message", "remedy"}
LEFT_OUT = ("gateway", "migrations", "demo/synth")
TAG = re.compile(r"{%-?\s*(translate|trans)\s+(?P<q>['\"])(?P<text>.*?)(?P=q)", re.DOTALL)
CALL = re.compile(r"_\((?P<q>['\"])(?P<text>.*?)(?P=q)\)")
BLOCK = re.compile(r"{%\s*blocktrans(?:late)?(?P<head>[^%]*)%}(?P<body>.*?){%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
PLURAL = re.compile(r"{%\s*plural\s*%}")
# Header lines that would change with every run.
CHANGING = re.compile(
    r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid-Bugs-To):.*\n',
    re.MULTILINE,
)
VARIABLE = re.compile(r"{{\s*([\w.]+)\s*}}")
Message = str | tuple[str, str]


def python_messages(path: Path) -> Iterator[tuple[Message, int]]:
    """msgids of calls, of error classes' texts, and of FieldError faults."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for name in node.names:
                # Texts under a name that is not looked for would stay English without anyone's notice.
                if name.name in FUNCTIONS and name.asname and name.asname not in FUNCTIONS:
                    raise SystemExit(f"{path}:{node.lineno}: call it one of {', '.join(sorted(FUNCTIONS))}")
        elif isinstance(node, ast.Call):
            yield from call_messages(node)
        elif isinstance(node, ast.ClassDef):
            yield from class_messages(node)


def call_messages(node: ast.Call) -> Iterator[tuple[Message, int]]:
    """msgids of one call."""
    name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
    texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if name in {"ngettext", "ngettext_lazy"} and len(texts) >= 2:
        yield (texts[0], texts[1]), node.lineno
    elif name in FUNCTIONS and texts:
        yield texts[-1 if name == "pgettext" else 0], node.lineno
    elif name == "FieldError":
        for text in texts[1:]:
            yield text, node.lineno


def class_messages(node: ast.ClassDef) -> Iterator[tuple[Message, int]]:
    """`message` and `remedy` of an error class."""
    for item in node.body:
        if not isinstance(item, ast.Assign | ast.AnnAssign):
            continue
        targets = item.targets if isinstance(item, ast.Assign) else [item.target]
        value = item.value
        named = any(isinstance(target, ast.Name) and target.id in ATTRIBUTES for target in targets)
        if named and isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
            yield value.value, item.lineno


def template_messages(path: Path) -> Iterator[tuple[Message, int]]:
    """msgids of translate and blocktranslate tags and of `_("…")` arguments."""
    text = path.read_text(encoding="utf-8")
    for pattern in (TAG, CALL):
        for match in pattern.finditer(text):
            yield match["text"], text.count("\n", 0, match.start()) + 1
    for match in BLOCK.finditer(text):
        parts = [VARIABLE.sub(r"%(\1)s", part.replace("%", "%%")) for part in PLURAL.split(match["body"])]
        if "trimmed" in match["head"]:
            parts = [" ".join(part.split()) for part in parts]
        line = text.count("\n", 0, match.start()) + 1
        yield (parts[0] if len(parts) == 1 else (parts[0], parts[1])), line


def owner_of(path: Path) -> Path:
    """The folder whose catalogue holds the file's msgids."""
    for folder in path.parents:
        if folder == PACKAGE:
            return PACKAGE
        if (folder / "apps.py").exists():
            return folder
    return PACKAGE


def extract() -> dict[Path, dict[Message, list[tuple[str, int]]]]:
    """{catalogue folder: {msgid: places}} of the whole package."""
    found: dict[Path, dict[Message, list[tuple[str, int]]]] = {}
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html")]):
        inside = path.relative_to(PACKAGE).as_posix()
        if any(inside.startswith(f"{part}/") or f"/{part}/" in inside for part in LEFT_OUT):
            continue
        reader = template_messages if path.suffix == ".html" else python_messages
        messages = found.setdefault(owner_of(path), {})
        for message, line in reader(path):
            messages.setdefault(message, []).append((path.relative_to(ROOT).as_posix(), line))
    return found


def read(path: Path) -> Catalog:
    """A catalogue, empty when there is none yet."""
    if not path.exists():
        return Catalog(locale="zh_Hans_CN", project="quanshu", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def key_of(message: Any) -> str:
    """How Babel names a msgid."""
    return message if isinstance(message, str) else message[0]


def everywhere() -> dict[str, object]:
    """Translations of all catalogues together: Django merges them, so a msgid needs one only."""
    known: dict[str, object] = {}
    for path in PACKAGE.rglob(PLACE):
        known.update(
            {key_of(message.id): message.string for message in read(path) if message.id and whole(message.string)}
        )
    return known


def whole(string: object) -> bool:
    """Whether a translation is complete."""
    return all(string) if isinstance(string, tuple | list) else bool(string)


def update(folders: list[Path]) -> None:
    """Write msgids into catalogues, keep translations, drop stale ones."""
    for folder, messages in extract().items():
        if folders and folder.resolve() not in folders:
            continue
        path = folder / PLACE
        old = {key_of(message.id): message for message in read(path) if message.id}
        if not messages and not old:
            continue
        new = Catalog(
            locale="zh_Hans_CN", project="quanshu", charset="utf-8", header_comment="# Quanshu, zh_Hans", fuzzy=False
        )
        missing = 0
        for message in sorted(messages, key=key_of):
            kept = old.get(key_of(message))
            string = kept.string if kept is not None and isinstance(kept.id, str) == isinstance(message, str) else ""
            new.add(message, string)
            missing += not whole(string)
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = BytesIO()
        write_po(buffer, new, omit_header=False, sort_output=True, width=0)
        text = CHANGING.sub("", buffer.getvalue().decode())
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(messages)} messages, {missing} without translation")


def compile_all() -> None:
    """Make the binary catalogues Django reads."""
    count = 0
    for path in PACKAGE.rglob(PLACE):
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, read(path))
        count += 1
    print(f"{count} catalogues compiled")


def check() -> int:
    """Every msgid translated, and nothing stale kept."""
    faults = []
    known = everywhere()
    for folder, messages in extract().items():
        for message, places in messages.items():
            if key_of(message) not in known:
                faults.append(f"{places[0][0]}:{places[0][1]}: no translation of {key_of(message)!r}")
        used = {key_of(message) for message in messages}
        for kept in read(folder / PLACE):
            if kept.id and key_of(kept.id) not in used:
                faults.append(f"{(folder / PLACE).relative_to(ROOT)}: {key_of(kept.id)!r} is used nowhere below it")
    faults += differing()
    print("\n".join(sorted(faults)) or "every message is translated, and alike wherever it stands")
    return 1 if faults else 0


def differing() -> list[str]:
    """msgids with two translations: Django merges the catalogues, so only one of them would be seen."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(PACKAGE.rglob(PLACE)):
        for message in read(path):
            if message.id and whole(message.string):
                text = message.string if isinstance(message.string, str) else "/".join(message.string or ())
                found.setdefault(key_of(message.id), {}).setdefault(text, path.relative_to(ROOT))
    return [
        f"{key!r} is translated in two ways: " + ", ".join(f"{text} ({path})" for text, path in texts.items())
        for key, texts in found.items()
        if len(texts) > 1
    ]


def main(words: list[str]) -> int:
    """The command line."""
    match words:
        case ["update", *folders]:
            update([Path(folder).resolve() for folder in folders])
        case ["compile"]:
            compile_all()
        case ["check"]:
            return check()
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
