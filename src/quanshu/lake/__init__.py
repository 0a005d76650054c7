"""The lake: versioned tables on disk, one engine over them. Only this package touches table files."""

from quanshu.lake.applying import ChangeCounts
from quanshu.lake.tables import Lake, TableVersion, UpsertCounts

__all__ = ["ChangeCounts", "Lake", "TableVersion", "UpsertCounts"]
