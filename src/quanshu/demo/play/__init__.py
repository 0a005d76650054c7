"""The city played on a node: units, catalogue, loads, checks, services, and one demand to its signed call."""

from __future__ import annotations

from quanshu.demo.play.scoring import scored
from quanshu.demo.play.story import play_demo

__all__ = ["play_demo", "scored"]
