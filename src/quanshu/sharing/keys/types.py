"""Values of keys."""

from __future__ import annotations

from quanshu.kernel.errors import Invalid


class NaiveTime(Invalid):
    code = "keys.naive_time"
    message = "%(name)s has no offset from UTC."
    remedy = "Write the moment with its offset, such as 2027-01-01T00:00:00+08:00."
