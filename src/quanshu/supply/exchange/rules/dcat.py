"""The catalogue as a graph of DCAT-AP 3 (SEMIC, release 3.0.0). Pure: facts in, graph out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, XSD
from rdflib.term import Node

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
AUTHORITY = "http://publications.europa.eu/resource/authority"
VERSION = URIRef(str(DCAT) + "version")
PROFILE = URIRef("https://semiceu.github.io/DCAT-AP/releases/3.0.0/")
# Update cycles by the EU's frequency authority; a cycle of one's own is told as "other".
FREQUENCIES: Mapping[str, str] = {
    "real-time": "UPDATE_CONT",
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "half-yearly": "ANNUAL_2",
    "yearly": "ANNUAL",
}
FORMATS: Mapping[str, tuple[str, str]] = {
    "turtle": ("text/turtle", "ttl"),
    "xml": ("application/rdf+xml", "rdf"),
    "json-ld": ("application/ld+json", "jsonld"),
}
LANGUAGES = (("zh", "ZHO"), ("en", "ENG"))
MOST_KEYWORDS = 30


@dataclass(frozen=True, slots=True)
class Text:
    """A text in Chinese and, where there is one, in English."""

    zh: str
    en: str = ""


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """A unit as publisher and contact."""

    uid: str
    name: Text
    code: str = ""
    phone: str = ""
    office: str = ""


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What the catalogue knows of one published entry. `related` are uids of other entries of the same graph."""

    uid: str
    code: str
    title: Text
    abstract: Text
    publisher: AgentFacts
    classification: str
    keywords: Sequence[Text]
    update_cycle: str
    share_type: str
    open_type: str
    version: int
    issued: date
    modified: datetime
    mounted: bool = False
    data_until: date | None = None
    condition: str = ""
    related: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CatalogueFacts:
    """The catalogue itself. `base` is the node's address with a slash at its end."""

    base: str
    gateway: str
    title: Text
    description: Text
    publisher: AgentFacts
    classes: Mapping[str, Text]


class Builder:
    """Puts datasets of one catalogue into a graph."""

    def __init__(self, facts: CatalogueFacts) -> None:
        self.facts = facts
        self.graph = Graph()
        for prefix, space in (("dcat", DCAT), ("dct", DCTERMS), ("foaf", FOAF), ("skos", SKOS), ("vcard", VCARD)):
            self.graph.bind(prefix, space)
        self.catalogue = self.at("catalogue/#catalogue")
        self.scheme = self.at("catalogue/classes/")

    def at(self, path: str) -> URIRef:
        """An address of this node."""
        return URIRef(self.facts.base + path)

    def typed(self, subject: URIRef, *kinds: URIRef) -> URIRef:
        """Say what a resource is."""
        for kind in kinds:
            self.graph.add((subject, RDF.type, kind))
        return subject

    def say(self, subject: URIRef, predicate: URIRef, value: Node | Text | str | None) -> None:
        """One statement; a text in each language it has, nothing for an empty value."""
        if isinstance(value, Text):
            for text, language in ((value.zh, "zh"), (value.en, "en")):
                if text.strip():
                    self.graph.add((subject, predicate, Literal(text.strip(), lang=language)))
        elif isinstance(value, Node):
            self.graph.add((subject, predicate, value))
        elif value:
            self.graph.add((subject, predicate, Literal(value)))

    def term(self, kind: str, code: str, of: URIRef) -> URIRef:
        """A value of an EU authority table."""
        return self.typed(URIRef(f"{AUTHORITY}/{kind}/{code}"), of)

    def describe_catalogue(self) -> None:
        """The catalogue, its publisher, languages and scheme of themes."""
        self.typed(self.catalogue, DCAT.Catalog)
        self.say(self.catalogue, DCTERMS.title, self.facts.title)
        self.say(self.catalogue, DCTERMS.description, self.facts.description)
        self.say(self.catalogue, DCTERMS.publisher, self.agent(self.facts.publisher))
        self.say(self.catalogue, FOAF.homepage, self.typed(self.at("catalogue/"), FOAF.Document))
        self.say(self.catalogue, DCAT.themeTaxonomy, self.scheme)
        for _tag, code in LANGUAGES:
            self.say(self.catalogue, DCTERMS.language, self.term("language", code, DCTERMS.LinguisticSystem))
        self.typed(self.scheme, SKOS.ConceptScheme)
        self.say(self.scheme, DCTERMS.title, Text("公共数据目录分类", "Classes of the public data catalogue"))

    def agent(self, facts: AgentFacts) -> URIRef:
        """A unit as foaf:Agent."""
        agent = self.typed(self.at(f"organisation/units/{facts.uid}/"), FOAF.Agent)
        self.say(agent, FOAF.name, facts.name)
        self.say(agent, DCTERMS.identifier, facts.code)
        return agent

    def contact(self, facts: AgentFacts) -> URIRef:
        """A unit's data office as vcard:Organization."""
        contact = self.typed(self.at(f"organisation/units/{facts.uid}/#contact"), VCARD.Kind, VCARD.Organization)
        self.say(contact, VCARD.fn, facts.office or facts.name.zh)
        if digits := "".join(sign for sign in facts.phone if sign.isascii() and (sign.isdigit() or sign == "+")):
            self.say(contact, VCARD.hasTelephone, URIRef(f"tel:{digits}"))
        return contact

    def theme(self, code: str) -> URIRef:
        """A class of the catalogue as skos:Concept."""
        concept = self.typed(URIRef(f"{self.scheme}#{code}"), SKOS.Concept)
        self.say(concept, SKOS.prefLabel, self.facts.classes.get(code, Text(code)))
        self.say(concept, SKOS.notation, code)
        self.say(concept, SKOS.inScheme, self.scheme)
        return concept

    def dataset_uri(self, uid: str) -> URIRef:
        """The name of an entry's data set."""
        return self.at(f"catalogue/{uid}/#dataset")

    def add(self, facts: DatasetFacts) -> None:
        """One entry: data set, record in the catalogue, and what of it is served."""
        dataset = self.typed(self.dataset_uri(facts.uid), DCAT.Dataset)
        self.say(self.catalogue, DCAT.dataset, dataset)
        say = self.say
        say(dataset, DCTERMS.identifier, facts.code)
        say(dataset, DCTERMS.title, facts.title)
        say(dataset, DCTERMS.description, facts.abstract)
        say(dataset, DCTERMS.publisher, self.agent(facts.publisher))
        say(dataset, DCAT.contactPoint, self.contact(facts.publisher))
        say(dataset, DCAT.theme, self.theme(facts.classification))
        for word in facts.keywords[:MOST_KEYWORDS]:
            say(dataset, DCAT.keyword, word)
        cycle = FREQUENCIES.get(facts.update_cycle, "OTHER")
        say(dataset, DCTERMS.accrualPeriodicity, self.term("frequency", cycle, DCTERMS.Frequency))
        say(dataset, DCTERMS.accessRights, self.term("access-right", rights_of(facts), DCTERMS.RightsStatement))
        say(dataset, DCTERMS.language, self.term("language", "ZHO", DCTERMS.LinguisticSystem))
        say(dataset, DCTERMS.issued, Literal(facts.issued, datatype=XSD.date))
        say(dataset, DCTERMS.modified, Literal(facts.modified.isoformat(), datatype=XSD.dateTime))
        say(dataset, VERSION, str(facts.version))
        page = self.typed(self.at(f"catalogue/{facts.uid}/"), FOAF.Document)
        say(dataset, DCAT.landingPage, page)
        if facts.condition:
            rights = self.typed(URIRef(f"{page}#rights"), DCTERMS.RightsStatement)
            say(rights, RDFS.label, Text(facts.condition))
            say(dataset, DCTERMS.rights, rights)
        if facts.data_until:
            period = self.typed(URIRef(f"{page}#temporal"), DCTERMS.PeriodOfTime)
            say(period, DCAT.endDate, Literal(facts.data_until, datatype=XSD.date))
            say(dataset, DCTERMS.temporal, period)
        for uid in facts.related:
            say(dataset, DCTERMS.relation, self.typed(self.dataset_uri(uid), RDFS.Resource))
        self.record(facts, dataset, page)
        if facts.mounted:
            self.served(facts, dataset, page)

    def record(self, facts: DatasetFacts, dataset: URIRef, page: URIRef) -> None:
        """The catalogue's own record of the entry."""
        record = self.typed(URIRef(f"{page}#record"), DCAT.CatalogRecord)
        self.say(self.catalogue, DCAT.record, record)
        self.say(record, FOAF.primaryTopic, self.typed(dataset, DCAT.Resource))
        self.say(record, DCTERMS.modified, Literal(facts.modified.isoformat(), datatype=XSD.dateTime))
        self.say(record, DCTERMS.conformsTo, self.typed(PROFILE, DCTERMS.Standard))

    def served(self, facts: DatasetFacts, dataset: URIRef, page: URIRef) -> None:
        """What the catalogue knows of a published service: that it answers behind the gateway."""
        distribution = self.typed(URIRef(f"{page}#distribution"), DCAT.Distribution)
        self.say(dataset, DCAT.distribution, distribution)
        self.say(distribution, DCTERMS.title, facts.title)
        self.say(distribution, DCAT.accessURL, self.typed(page, RDFS.Resource))
        self.say(distribution, DCTERMS.format, self.term("file-type", "JSON", DCTERMS.MediaTypeOrExtent))
        service = self.typed(URIRef(f"{page}#service"), DCAT.DataService)
        self.say(distribution, DCAT.accessService, service)
        self.say(service, DCTERMS.title, facts.title)
        self.say(service, DCAT.endpointURL, self.typed(URIRef(self.facts.gateway), RDFS.Resource))
        self.say(service, DCAT.servesDataset, dataset)
        self.say(self.catalogue, DCAT.service, service)


def rights_of(facts: DatasetFacts) -> str:
    """Who may have the data, by the EU's authority of access rights."""
    if facts.open_type == "open":
        return "PUBLIC"
    return "NON_PUBLIC" if facts.share_type == "3" else "RESTRICTED"


def graph_of(catalogue: CatalogueFacts, datasets: Iterable[DatasetFacts]) -> Graph:
    """The catalogue with these data sets as a DCAT-AP 3 graph."""
    builder = Builder(catalogue)
    builder.describe_catalogue()
    for facts in datasets:
        builder.add(facts)
    return builder.graph


def best_format(accept: str) -> str:
    """The format an Accept header asks for; Turtle when it asks for none of ours."""
    asked = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    known = {media: name for name, (media, _ending) in FORMATS.items()}
    return next((known[media] for media in asked if media in known), "turtle")
