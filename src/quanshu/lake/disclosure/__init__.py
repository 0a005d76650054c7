"""Statistical disclosure control: what of a cube of counts and sums may be told, and the cube itself.

One release is made of a table version and is the same for everybody; calls only choose among its cells. So no
sequence of calls tells more than the release, and what the release tells is bounded by a proof, see `protecting`.
"""

from quanshu.lake.disclosure.protecting import protect
from quanshu.lake.disclosure.reading import read_values, release
from quanshu.lake.disclosure.types import (
    ALL,
    LEAST,
    LEAST_EVER,
    MOST_CELLS,
    MOST_GROUPS,
    MOST_VALUES,
    OTHER,
    UNKNOWN,
    Amount,
    Atom,
    Cell,
    Cube,
    Group,
    Measure,
    band_labels,
    labels_of,
    lattice_size,
    level_name,
)

__all__ = [
    "ALL",
    "LEAST",
    "LEAST_EVER",
    "MOST_CELLS",
    "MOST_GROUPS",
    "MOST_VALUES",
    "OTHER",
    "UNKNOWN",
    "Amount",
    "Atom",
    "Cell",
    "Cube",
    "Group",
    "Measure",
    "band_labels",
    "labels_of",
    "lattice_size",
    "level_name",
    "protect",
    "read_values",
    "release",
]
