"""Canaries: made-up personal values, and a watch over every place where one must not be found."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.test import Client

from quanshu.kernel.logs import formatter
from quanshu.shared.audit.api import AuditEntry
from quanshu.shared.jobs.api import Job
from quanshu.shared.notify.models import Notice
from quanshu.shared.outbox.models import Delivery, OutboxEvent
from quanshu.shared.web.api import web_metrics
from quanshu.shared.workflow.api import TodoItem

# Nobody's: the numbers stand for no person, the name and the address are made up.
CITIZEN = "37010219491231777X"
NAME = "金丝雀鸣泉"
PHONE = "13899994321"
CARD = "6222020000000012344"
ADDRESS = "珍禽街九百九十九号"
SECRET = "canary-secret-Xy7pQ2mK9w"
CANARIES = {
    "citizen": CITIZEN, "name": NAME, "phone": PHONE, "card": CARD, "address": ADDRESS, "secret": SECRET,
}  # fmt: skip
LINK = re.compile(r"""(?:href|action|hx-get|hx-post|src)=["']([^"']+)["']""")
# A form that is refused shows its sender what was typed; that is no message.
TYPED = re.compile(r"""<textarea.*?</textarea>|<input[^>]*>|<option[^>]*>""", re.DOTALL)


class Watch:
    """Log files, and what the clients under watch were answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.urls: list[str] = []
        self.errors: list[str] = []
        self.texts: list[str] = []
        self.metrics = web_metrics
        self.handler = logging.FileHandler(folder / "web.log", encoding="utf-8")
        self.handler.setFormatter(formatter("json", "web"))

    def __enter__(self) -> Watch:
        root = logging.getLogger()
        # As a node logs: its own rooms in full, libraries from warnings on.
        self.levels = {name: logging.getLogger(name).level for name in ("", "quanshu")}
        for name, level in (("", logging.WARNING), ("quanshu", logging.INFO)):
            logging.getLogger(name).setLevel(level)
        root.addHandler(self.handler)
        return self

    def __exit__(self, *args: object) -> None:
        logging.getLogger().removeHandler(self.handler)
        self.handler.close()
        for name, level in self.levels.items():
            logging.getLogger(name).setLevel(level)

    def client(self, account: Any = None, **headers: str) -> WatchedClient:
        """A browser or program whose addresses and refusals are kept."""
        client = WatchedClient(self, HTTP_ACCEPT_LANGUAGE="en", **headers)
        if account is not None:
            client.force_login(account)
        return client

    def places(self) -> Iterator[tuple[str, str]]:
        """(place, text) of everything that is scanned."""
        self.handler.flush()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield f"log {path.name}", path.read_text(encoding="utf-8", errors="replace")
        tables: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
            ("audit", AuditEntry, ("actor_name", "label", "details", "object_uid", "outcome")),
            ("outbox", OutboxEvent, ("name", "payload")),
            ("delivery", Delivery, ("error",)),
            ("job", Job, ("payload", "error", "progress", "key")),
            ("notice", Notice, ("subject", "body", "url")),
            ("to-do", TodoItem, ("title", "url")),
        )
        for place, model, columns in tables:
            for row in model.objects.values_list(*columns):
                yield place, " ".join(json.dumps(value, ensure_ascii=False) for value in row)
        yield "metrics", self.metrics.text().decode()
        yield from (("url", text) for text in self.urls)
        yield from (("error", text) for text in self.errors)
        yield from (("text", text) for text in self.texts)

    def leaks(self) -> set[tuple[str, str]]:
        """(place, canary) of every one found, however it is written."""
        found = set()
        for place, text in self.places():
            shapes = {text, unquote(text), unescape(text)}
            if "\\u" in text:
                shapes.add(re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text))
            found |= {(place, name) for name, value in CANARIES.items() if any(value in shape for shape in shapes)}
        return found


class WatchedClient(Client):
    """Django's own test client, under watch."""

    def __init__(self, watch: Watch, **headers: str) -> None:
        super().__init__(**headers)
        self.watch = watch

    def request(self, **request: Any) -> Any:
        answer = super().request(**request)
        self.watch.urls.append(f"{request.get('PATH_INFO', '')}?{request.get('QUERY_STRING', '')}")
        self.watch.urls.append(answer.headers.get("Location", ""))
        self.watch.urls.append(answer.headers.get("Content-Disposition", ""))
        if not answer.streaming:
            body = answer.content.decode(errors="replace")
            if "html" in answer.headers.get("Content-Type", ""):
                self.watch.urls.extend(LINK.findall(body))
            if answer.status_code >= 400:
                self.watch.errors.append(TYPED.sub("", body))
        return answer
