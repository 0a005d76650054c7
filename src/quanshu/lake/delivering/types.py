"""Refusals of delivering. None carries credentials or values of rows."""

from quanshu.kernel.errors import Conflict, Invalid, Unavailable


class ChangesGone(Conflict):
    """What was delivered last can no longer be compared with."""

    code = "lake.changes_gone"
    message = "Version %(version)s of the view is no longer kept, so its changes cannot be told."
    remedy = "Deliver the whole view once."


class SheetFull(Invalid):
    """A worksheet cannot hold the rows."""

    code = "lake.sheet_full"
    message = "A worksheet holds %(limit)s rows; the delivery has %(rows)s."
    remedy = "Choose CSV or Parquet, or changes only."


class TargetNotAllowed(Invalid):
    """The allow-list does not name the receiver's host, or its address is not allowed."""

    code = "lake.target_not_allowed"
    message = "Deliveries may not go to %(host)s."
    remedy = "Have the administrator add it to QUANSHU_DELIVERY_HOSTS and, for a private address, its network too."


class TargetFailed(Unavailable):
    """The receiver's database did not do what it was asked."""

    code = "lake.target_failed"
    message = "The database %(database)s did not take the delivery: %(fault)s"
    remedy = "Check that it runs, its address, the account's rights and the space it has; then deliver again."


class TargetDiffers(Conflict):
    """The table in the receiver's database has other columns than the view."""

    code = "lake.target_differs"
    message = "The table %(table)s differs from the view: %(difference)s."
    remedy = "Have the receiver rename or drop it; the next delivery creates it anew."


class TargetTaken(Conflict):
    """The table in the receiver's database holds rows that this delivery has not brought."""

    code = "lake.target_taken"
    message = "The table %(table)s is there already and is not of this delivery."
    remedy = "Name another table, or have the receiver rename or drop it."
