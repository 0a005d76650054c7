"""Of two masks the stricter hides what either hides; nothing makes a mask looser."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quanshu.lake.masking import Mask, mask_value, stricter_of

masks = st.sampled_from(Mask)


@given(first=masks, second=masks, third=masks)
def test_masks_join_in_any_order(first: Mask, second: Mask, third: Mask) -> None:
    assert stricter_of(first, second) is stricter_of(second, first)
    assert stricter_of(stricter_of(first, second), third) is stricter_of(first, stricter_of(second, third))
    assert stricter_of(first, first) is first
    assert stricter_of(first, Mask.NONE) is first
    assert stricter_of(first, Mask.FULL) is Mask.FULL


@given(first=masks, second=masks, value=st.text(min_size=1, max_size=20))
def test_the_joined_mask_is_one_of_the_two_or_hides_all(first: Mask, second: Mask, value: str) -> None:
    joined = stricter_of(first, second)
    shown = mask_value(joined, value.replace("\0", "x"))
    assert joined in {first, second} or shown == "***"
    assert joined is not Mask.NONE or first is second is Mask.NONE
