"""Records of one person or enterprise across sources: standardised, compared, scored, grouped."""

from quanshu.lake.linking.counting import fusion_counts
from quanshu.lake.linking.grouping import group
from quanshu.lake.linking.preparing import prepare_records
from quanshu.lake.linking.scoring import explain, score
from quanshu.lake.linking.training import train

__all__ = ["explain", "fusion_counts", "group", "prepare_records", "score", "train"]
