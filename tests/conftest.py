"""Settings every test shares: a scratch home folder for each test process and real databases."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="quanshu-test-"))
os.environ["QUANSHU_HOME"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "quanshu.config.settings"
