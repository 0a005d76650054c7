"""A witness (c2sp.org/tlog-witness): its store, its HTTP face, and the client that asks it."""

from __future__ import annotations

from quanshu.tlog.witness.app import create_app
from quanshu.tlog.witness.asking import Answer, ask
from quanshu.tlog.witness.deciding import Request
from quanshu.tlog.witness.keeping import WitnessHome

__all__ = ["Answer", "Request", "WitnessHome", "ask", "create_app"]
