"""The door of the service desk: names in the reader's language, examples of a call, and ports for rooms above."""

from __future__ import annotations

from quanshu.sharing.desk.pages.buttons import register_call_buttons
from quanshu.sharing.desk.pages.entries import ShareableEntries, entry_columns
from quanshu.sharing.desk.pages.examples import curl_example, java_example, python_example
from quanshu.sharing.desk.pages.facts import register_facts
from quanshu.sharing.desk.pages.labels import (
    GRADE_TONES,
    GRADES,
    MASKS,
    SHAPE_HINTS,
    SHAPES,
    SHARE_TYPES,
    TYPES,
    named,
    outcome_label,
    title_of,
)
from quanshu.sharing.desk.pages.trying import values_of

__all__ = [
    "GRADES",
    "GRADE_TONES",
    "MASKS",
    "SHAPES",
    "SHAPE_HINTS",
    "SHARE_TYPES",
    "TYPES",
    "ShareableEntries",
    "curl_example",
    "entry_columns",
    "java_example",
    "named",
    "outcome_label",
    "python_example",
    "register_call_buttons",
    "register_facts",
    "title_of",
    "values_of",
]
