"""The source systems of the city, each with its tables, rules and rows.

Order matters to the builders: employment decides who has a housing fund account.
"""

from collections.abc import Callable

from quanshu.demo.synth.sources import (
    civil_affairs,
    health,
    human_resources,
    market_regulation,
    property,
    public_security,
    utilities,
)
from quanshu.demo.synth.types import Source
from quanshu.demo.synth.world import TableData, World

Builder = Callable[[World], dict[str, TableData]]

SOURCES: tuple[tuple[Source, Builder], ...] = (
    (public_security.SOURCE, public_security.build),
    (civil_affairs.SOURCE, civil_affairs.build),
    (health.SOURCE, health.build),
    (human_resources.SOURCE, human_resources.build),
    (market_regulation.SOURCE, market_regulation.build),
    (property.NATURAL_RESOURCES, property.build_property),
    (property.HOUSING_FUND, property.build_account),
    (utilities.WATER, utilities.build_water),
    (utilities.GAS, utilities.build_gas),
)
