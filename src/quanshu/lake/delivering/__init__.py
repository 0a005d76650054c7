"""Delivering: rows of a table, or what has changed in it, as a file, on an SFTP server, or in another database."""

from quanshu.lake.delivering.dropping import Dropped, drop_file
from quanshu.lake.delivering.files import FileFormat, Written, write_file
from quanshu.lake.delivering.pushing import Pushed, Target, push, try_target
from quanshu.lake.delivering.reconciling import Reconciled, reconcile
from quanshu.lake.delivering.rows import Counts, Span, can_follow, counts_of, delivered
from quanshu.lake.delivering.types import (
    ChangesGone,
    SheetFull,
    TargetDiffers,
    TargetFailed,
    TargetNotAllowed,
    TargetTaken,
)

__all__ = [
    "ChangesGone",
    "Counts",
    "Dropped",
    "FileFormat",
    "Pushed",
    "Reconciled",
    "SheetFull",
    "Span",
    "Target",
    "TargetDiffers",
    "TargetFailed",
    "TargetNotAllowed",
    "TargetTaken",
    "Written",
    "can_follow",
    "counts_of",
    "delivered",
    "drop_file",
    "push",
    "reconcile",
    "try_target",
    "write_file",
]
