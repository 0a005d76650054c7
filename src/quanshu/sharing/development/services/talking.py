"""Words on an order, with files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path, PurePosixPath

from django.db import transaction

from quanshu.shared.access.api import Actor, allows, require
from quanshu.shared.files import api as files
from quanshu.sharing.development import rules
from quanshu.sharing.development.events import DevelopmentEvent
from quanshu.sharing.development.models import Comment, Order
from quanshu.sharing.development.permissions import DevelopmentPermission
from quanshu.sharing.development.queries import get_order, platform_unit
from quanshu.sharing.development.services.noting import locked, note
from quanshu.sharing.development.types import FileNotThere


@transaction.atomic
def comment_order(
    *, actor: Actor, now: datetime, order: Order, text: str, name: str = "", stream: files.Chunked | None = None
) -> Comment:
    """Say something on an order, with a file or without: the asking unit or the platform.

    Raises Forbidden, FieldErrors, FileTypeRefused, FileTooLarge, FileEmpty.
    """
    order = locked(order)
    if not allows(actor, DevelopmentPermission.BUILD, platform_unit()):
        require(actor, DevelopmentPermission.ACCEPT, order)
    rules.check_text("text", text)
    comment = Comment(order=order, text=text.strip(), by_name=actor.name, at=now)
    if stream is not None and name:
        stored = files.store(actor=actor, name=name, stream=stream, now=now, most=rules.FILE_MIB * 1024 * 1024)
        comment.file_name, comment.digest = PurePosixPath(name).name[-200:], stored.digest
        comment.media_type = files.ALLOWED[PurePosixPath(name).suffix.lower()]
    comment.save()
    details = {"comment": comment.uid, "sha256": comment.digest}
    note(order, DevelopmentEvent.COMMENTED, actor=actor, now=now, details=details)
    return comment


@transaction.atomic
def read_file(*, actor: Actor, now: datetime, order_uid: str, uid: str) -> tuple[Comment, Path]:
    """A comment's file, for those who may see the order. Raises OrderNotFound, FileNotThere."""
    order = get_order(actor=actor, uid=order_uid)
    comment = Comment.objects.filter(order=order, uid=uid).exclude(digest="").first()
    if comment is None:
        raise FileNotThere
    path = files.path_of(comment.digest)
    note(order, DevelopmentEvent.FILE_READ, actor=actor, now=now, details={"comment": uid, "sha256": comment.digest})
    return comment, path
