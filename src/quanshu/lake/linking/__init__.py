"""Records of one person or enterprise across sources: standardised, compared, scored, grouped."""

from quanshu.lake.linking.counting import fusion_counts
from quanshu.lake.linking.grouping import group
from quanshu.lake.linking.preparing import prepare_records
from quanshu.lake.linking.scoring import explain, score
from quanshu.lake.linking.settings import LEVELS, SHIPPED
from quanshu.lake.linking.splinking import LinkingFailed, NoRecord
from quanshu.lake.linking.training import train

__all__ = [
    "LEVELS",
    "SHIPPED",
    "LinkingFailed",
    "NoRecord",
    "explain",
    "fusion_counts",
    "group",
    "prepare_records",
    "score",
    "train",
]
