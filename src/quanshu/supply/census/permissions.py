"""What may be done, and who may by default."""

from __future__ import annotations
