"""The lake: versioned tables on disk, one engine over them. Only this package touches table files."""

from quanshu.lake.applying import ChangeCounts
from quanshu.lake.log import TableVersion
from quanshu.lake.merging import UpsertCounts
from quanshu.lake.tables import Lake

__all__ = ["ChangeCounts", "Lake", "TableVersion", "UpsertCounts"]
