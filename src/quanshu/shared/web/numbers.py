"""Numbers for people: a comma between thousands in every language (Django's Chinese formats have none)."""

from __future__ import annotations

from typing import Any


def grouped(value: Any) -> Any:
    """Whole numbers and fractions with a comma between thousands, without “-0”; anything else stays as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    # Small fractions would be nothing at three digits.
    return trimmed(value) if abs(value) >= 0.01 else trimmed(value, 6)


def trimmed(value: float, digits: int = 3) -> str:
    """A fraction with at most so many digits after the point and no needless zeros; zero has no sign."""
    text = f"{value:,.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
