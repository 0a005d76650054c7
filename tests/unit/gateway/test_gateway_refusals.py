"""What a service's documentation says it may be refused with: only what its shape can meet."""

from __future__ import annotations

import pytest

from quanshu.gateway.messages import ELSEWHERE, MESSAGES, refusals_of


@pytest.mark.parametrize("shape", ["query", "verify", "statistic", "composite"])
def test_a_shape_s_refusals_are_of_calls_alone(shape: str) -> None:
    codes = [code for code, _text in refusals_of(shape)]
    assert not ELSEWHERE & set(codes)
    assert {"gateway.bad_signature", "gateway.no_grant", "gateway.bad_parameter", "gateway.rate_limited"} <= set(codes)
    assert ("gateway.bad_batch" in codes) is (shape in {"query", "verify"})
    assert ("gateway.part_refused" in codes) is (shape == "composite")
    assert [MESSAGES[code][0] for code in codes] == sorted(MESSAGES[code][0] for code in codes)


def test_what_is_left_out_is_there_to_be_left_out() -> None:
    assert MESSAGES.keys() >= ELSEWHERE
