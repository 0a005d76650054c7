"""Names of codes in the reader's language."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.errors import fill
from quanshu.lake.delivering import FileFormat
from quanshu.shared.web.api import schedule_text as in_words
from quanshu.sharing.delivery.models import Batch, Delivery
from quanshu.sharing.delivery.types import BatchState, Channel, DeliveryState, Extent

STATES = {
    DeliveryState.ACTIVE: _("At work"),
    DeliveryState.PAUSED: _("Paused"),
    DeliveryState.ENDED: _("Over"),
}
TONES = {DeliveryState.ACTIVE: "green", DeliveryState.PAUSED: "orange", DeliveryState.ENDED: "secondary"}
CHANNELS = {
    Channel.PAGE: _("Download page"),
    Channel.SFTP: _("SFTP server"),
    Channel.DATABASE: _("Receiver's database"),
}
EXTENTS = {
    Extent.WHOLE: _("The whole view each time"),
    Extent.CHANGES: _("Changes since the delivery before"),
}
FORMS = {
    FileFormat.CSV_MARK: _("CSV, UTF-8 with byte-order mark (for Excel)"),
    FileFormat.CSV: _("CSV, UTF-8"),
    FileFormat.CSV_GB: _("CSV, GB 18030"),
    FileFormat.PARQUET: _("Parquet"),
    FileFormat.EXCEL: _("Excel, 1,048,575 rows at most"),
}
BATCH_STATES = {
    BatchState.QUEUED: _("Waiting"),
    BatchState.RUNNING: _("Under way"),
    BatchState.DONE: _("Delivered"),
    BatchState.EMPTY: _("Nothing new"),
    BatchState.FAILED: _("Failed"),
    BatchState.STOPPED: _("Stopped"),
}
BATCH_TONES = {
    BatchState.QUEUED: "secondary",
    BatchState.RUNNING: "blue",
    BatchState.DONE: "green",
    BatchState.EMPTY: "secondary",
    BatchState.FAILED: "red",
    BatchState.STOPPED: "secondary",
}
MODES = {"": "", "whole": _("Whole"), "changes": _("Changes"), "none": _("Nothing new")}


def error_text(batch: Batch) -> str:
    """Why a batch failed and what to do."""
    if not batch.error:
        return ""
    texts = (batch.error["message"], batch.error["remedy"])
    return " ".join(fill(gettext(text), batch.error["params"]) for text in texts if text)


def can_download(batch: Batch, now: datetime) -> bool:
    """Whether the file is still there."""
    return batch.state == BatchState.DONE and batch.expires_at is not None and batch.expires_at > now


def schedule_text(delivery: Delivery) -> str:
    """When it is delivered."""
    return in_words(delivery.cron) if delivery.cron else gettext("By hand")


def reconciled(batch: Batch) -> tuple[str, str]:
    """(label, tone) of a pushed batch's reconciliation."""
    if not batch.reconciliation:
        return "", "secondary"
    return (gettext("Equal"), "green") if batch.reconciliation["equal"] else (gettext("They differ"), "red")
