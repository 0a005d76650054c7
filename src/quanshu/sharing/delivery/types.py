"""Values of delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from quanshu.kernel.errors import Conflict, NotFound, TooMany, Unavailable


class Channel(StrEnum):
    """Where a delivery goes: the download page, the receiver's SFTP server, or a table in its database."""

    PAGE = "page"
    SFTP = "sftp"
    DATABASE = "database"


class Extent(StrEnum):
    """The view whole each time, or what has changed since the delivery before."""

    WHOLE = "whole"
    CHANGES = "changes"


class DeliveryState(StrEnum):
    """A delivery is at work, paused, or over."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class BatchState(StrEnum):
    """One delivered batch; `empty` when nothing had changed, `stopped` when its delivery ended first."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    EMPTY = "empty"
    FAILED = "failed"
    STOPPED = "stopped"


UNFINISHED = (BatchState.QUEUED, BatchState.RUNNING)


@dataclass(frozen=True, slots=True)
class DeliveryData:
    """What is entered for a delivery.

    `cron` is minute, hour, day, month and weekday in city time, empty for by hand alone. `options` of SFTP: host, port,
    username, folder, host_key; of a database: host, port, username, database, schema, table, sslmode. `secret`:
    password and private_key; an empty one keeps what is sealed.
    """

    name: str
    channel: str
    form: str = "csv-utf8-bom"
    extent: str = "whole"
    cron: str = ""
    link_days: int = 7
    options: Mapping[str, str | int] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict)


class DeliveryNotFound(NotFound):
    code = "delivery.not_found"
    message = "There is no delivery “%(delivery)s” that you may see."
    remedy = "Open the list of deliveries and choose one."


class BatchNotFound(NotFound):
    code = "delivery.batch_not_found"
    message = "There is no delivered batch “%(batch)s” that you may see."
    remedy = "Open the delivery and choose one of its batches."


class GrantOver(Conflict):
    code = "delivery.grant_over"
    message = "The bulk grant is not in force; nothing is delivered under it."
    remedy = "Ask for a new bulk grant, and set the delivery up under that."


class ViewNotReady(Conflict):
    code = "delivery.view_not_ready"
    message = "The view of the bulk grant has not been built yet."
    remedy = "Wait until data of the entry have landed and its page shows the view; then deliver."


class ViewChanged(Conflict):
    """The grant's view was built anew, as when a grade rises: what stands under the one before goes nowhere more."""

    code = "delivery.view_changed"
    message = "The view of the bulk grant is built anew, under other masks or for another table."
    remedy = "Deliver again once its page shows the new view."


class Busy(Conflict):
    code = "delivery.busy"
    message = "A batch of this delivery is under way."
    remedy = "Wait until it ends; the page shows how far it is."


class NotAtWork(Conflict):
    code = "delivery.not_at_work"
    message = "The delivery is paused or over."
    remedy = "Let it go on, or set up another one."


class NothingToTry(Conflict):
    code = "delivery.nothing_to_try"
    message = "A download page needs no connection."
    remedy = "Deliver, and download the file."


class RowLimit(Conflict):
    code = "delivery.row_limit"
    message = "The batch has %(rows)s rows; the bulk grant allows %(limit)s at a time."
    remedy = "Deliver changes only, or ask the provider for a higher limit."


class DailyVolume(TooMany):
    code = "delivery.daily_volume"
    message = "%(used)s rows have gone out today; with %(rows)s more the bulk grant's %(limit)s a day would be passed."
    remedy = "Deliver tomorrow, or ask the provider for a higher limit."


class LinkOver(Conflict):
    code = "delivery.link_over"
    message = "The file is not there for download: the batch has none, or its time is over."
    remedy = "Deliver again and download the new file."


class WorkGivenUp(Unavailable):
    code = "delivery.work_given_up"
    message = "The work was given up after %(attempts)s attempts."
    remedy = "Look into the background work, then deliver again; what had been sent is not sent twice."
