"""The DCAT-AP export against the published SHACL shapes of DCAT-AP 3.0.0."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pyshacl import validate
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF

from quanshu.supply.exchange.rules.dcat import AgentFacts, CatalogueFacts, DatasetFacts, Text, best_format, graph_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHAPES = Path(__file__).parents[2] / "data/dcat-ap-3/dcat-ap-SHACL.ttl"
UNIT = AgentFacts("u1", Text("市公安局", "Police"), "11370100000000001X", "0531-8000 0001", "数据办")
CATALOGUE = CatalogueFacts(
    base="https://node.example/",
    gateway="https://gateway.example/",
    title=Text("公共数据目录", "Public data catalogue"),
    description=Text("已发布的公共数据资源"),
    publisher=UNIT,
    classes={"101001": Text("人口身份信息", "Identity of residents")},
)
PLAIN = DatasetFacts(
    uid="e1",
    code="101001/000001",
    title=Text("户籍人口登记信息", "Household registration"),
    abstract=Text("全市户籍人口的登记事项"),
    publisher=UNIT,
    classification="101001",
    keywords=[Text("姓名", "Name"), Text("住址")],
    update_cycle="daily",
    share_type="2",
    open_type="closed",
    version=1,
    issued=date(2026, 1, 1),
    modified=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    condition="用于政务服务核验",
)


def varied() -> list[DatasetFacts]:
    """Served and not, open and closed, every cycle, with and without the texts that may lack."""
    cycles = ["real-time", "daily", "weekly", "monthly", "quarterly", "yearly", "other", "half-yearly", "每旬"]
    found = [replace(PLAIN, uid=f"c{at}", code=f"101001/{at:06d}", update_cycle=each) for at, each in enumerate(cycles)]
    bare = AgentFacts("u2", Text("某街道"))
    return [
        *found,
        replace(PLAIN, mounted=True, data_until=date(2026, 2, 1), related=["c0", "c1"]),
        replace(PLAIN, uid="e2", share_type="3", publisher=bare, keywords=[], condition=""),
        replace(PLAIN, uid="e3", share_type="1", open_type="open", title=Text("公厕"), classification="999"),
    ]


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return Graph().parse(SHAPES)


def report(graph: Graph, shapes: Graph) -> tuple[bool, str]:
    conforms, _graph, text = validate(graph, shacl_graph=shapes)
    return bool(conforms), str(text)


def test_a_varied_catalogue_conforms_to_the_published_shapes(shapes: Graph) -> None:
    graph = graph_of(CATALOGUE, varied())
    conforms, text = report(graph, shapes)
    assert conforms, text
    assert len(list(graph.subjects(RDF.type, DCAT.Dataset))) == len(varied())
    again = Graph().parse(data=graph.serialize(format="turtle"), format="turtle")
    assert report(again, shapes)[0]
    assert report(graph_of(CATALOGUE, []), shapes)[0]


DATASET = URIRef("https://node.example/catalogue/e1/#dataset")
BROKEN: list[tuple[str, Any]] = [
    ("no title", (DATASET, DCTERMS.title, None)),
    ("no description", (DATASET, DCTERMS.description, None)),
    ("no access address", (URIRef("https://node.example/catalogue/e1/#distribution"), DCAT.accessURL, None)),
    ("no publisher's kind", (URIRef("https://node.example/organisation/units/u1/"), RDF.type, None)),
]


@pytest.mark.parametrize(("what", "pattern"), BROKEN, ids=[each[0] for each in BROKEN])
def test_a_broken_graph_does_not_conform(shapes: Graph, what: str, pattern: Any) -> None:
    graph = graph_of(CATALOGUE, [replace(PLAIN, mounted=True)])
    assert report(graph, shapes)[0]
    graph.remove(pattern)
    assert not report(graph, shapes)[0], what


def test_a_wrong_value_does_not_conform(shapes: Graph) -> None:
    graph = graph_of(CATALOGUE, [PLAIN])
    graph.set((DATASET, DCTERMS.publisher, Literal("市公安局")))
    assert not report(graph, shapes)[0]
    graph = graph_of(CATALOGUE, [PLAIN])
    graph.add((DATASET, DCTERMS.accessRights, graph_of(CATALOGUE, [PLAIN]).value(DATASET, DCAT.landingPage)))
    assert not report(graph, shapes)[0]


@pytest.mark.parametrize(
    ("accept", "name"),
    [("", "turtle"), ("text/html,*/*", "turtle"), ("application/ld+json;q=0.9", "json-ld"),
     ("application/rdf+xml, text/turtle", "xml")],
)  # fmt: skip
def test_the_reader_gets_what_it_accepts(accept: str, name: str) -> None:
    assert best_format(accept) == name
