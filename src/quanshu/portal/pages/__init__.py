"""Pages of the portal."""

from __future__ import annotations

from quanshu.portal.pages.audit import Audit, AuditRow
from quanshu.portal.pages.cockpit import Cockpit
from quanshu.portal.pages.mine import Notices, ReadNotices, Todo
from quanshu.portal.pages.operations import About, ApiDocs, JobPage, Operations, RetryJob
from quanshu.portal.pages.search import Search
from quanshu.portal.pages.statistics import StatisticsFigures, StatisticsPage

__all__ = [
    "About",
    "ApiDocs",
    "Audit",
    "AuditRow",
    "Cockpit",
    "JobPage",
    "Notices",
    "Operations",
    "ReadNotices",
    "RetryJob",
    "Search",
    "StatisticsFigures",
    "StatisticsPage",
    "Todo",
]
