"""A synthetic Jinan as source systems, with planted errors and the truth about them."""

from quanshu.demo.synth.generate import generate_city
from quanshu.demo.synth.identities import read_identities
from quanshu.demo.synth.scoring import read_truth, score_city
from quanshu.demo.synth.types import (
    CityManifest,
    Code,
    Column,
    ErrorRates,
    Finding,
    Identity,
    KindScore,
    Rule,
    Score,
    Source,
    Table,
    Truth,
    load_manifest,
)

__all__ = [
    "CityManifest",
    "Code",
    "Column",
    "ErrorRates",
    "Finding",
    "Identity",
    "KindScore",
    "Rule",
    "Score",
    "Source",
    "Table",
    "Truth",
    "generate_city",
    "load_manifest",
    "read_identities",
    "read_truth",
    "score_city",
]
