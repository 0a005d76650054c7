"""What the demo says of a run that failed."""

from __future__ import annotations

from typing import Any

import pytest

from quanshu.demo.play.supply import told

FAULT = {"code": "fusion.x", "message": "The table %(table)s is gone.", "remedy": "Land it.", "params": {"table": "t1"}}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FAULT, "The table t1 is gone. Land it."),
        ({"code": "fusion.x"}, "fusion.x"),
        ({}, "It is not known why."),
        (None, "It is not known why."),
        ("a text", "a text"),
    ],
)
def test_a_fault_is_a_sentence(error: Any, sentence: str) -> None:
    assert told(error) == sentence
