"""A city whose police and civil affairs offer services that can be composed."""

from __future__ import annotations

from dataclasses import replace

from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.sharing.composition.api import GraphData, InputData, NodeData, OutputData
from quanshu.sharing.services.api import FieldData, Service, create_service, publish_service, serve_entry
from support_services import QUERY, VERIFY, City, a_city, assess

PERSON_NODE = NodeData("person", QUERY.sid, (InputData("citizen_id", "call.id"),))
CHECK_NODE = NodeData(
    "check", VERIFY.sid, (InputData("citizen_id", "call.id"), InputData("name", "call.name")), required=False
)
GRAPH = GraphData(
    nodes=(PERSON_NODE, CHECK_NODE),
    outputs=(
        OutputData("name", ("person.name",)),
        OutputData("street", ("person.street",)),
        OutputData("same", ("check.result",)),
    ),
)
STREET = replace(
    QUERY,
    sid="jn-ga-street-query",
    name="街道人口",
    parameters=(replace(QUERY.parameters[0], name="street", example="某街道", pattern=""),),
    fields=(FieldData("name"), FieldData("street")),
)


def services_to_compose(city: City) -> dict[str, Service]:
    """A query, a verification and a query by street, in force."""
    found = {}
    for data in (QUERY, VERIFY, STREET):
        service = create_service(actor=SYSTEM, now=now(), entry=city.entry, data=data)
        assess(service)
        found[data.sid] = publish_service(actor=SYSTEM, now=now(), service=service)
    serve_entry(city.entry.uid, now())
    for service in found.values():
        service.refresh_from_db()
    return found


__all__ = ["CHECK_NODE", "GRAPH", "PERSON_NODE", "STREET", "City", "a_city", "services_to_compose"]
