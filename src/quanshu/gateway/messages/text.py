"""The form of a message: status, Chinese message and remedy, English message and remedy."""

from __future__ import annotations

Text = tuple[int, str, str, str, str]
