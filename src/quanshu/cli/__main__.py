"""`python -m quanshu.cli` is the `quanshu` command."""

from __future__ import annotations

from quanshu.cli.root import main

main()
