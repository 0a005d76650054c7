"""A build as OpenLineage events (https://openlineage.io): start, and completion or failure, with their facets."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    data_quality_assertions_dataset,
    error_message_run,
    output_statistics_output_dataset,
    schema_dataset,
    sql_job,
)
from openlineage.client.serde import Serde

from quanshu.supply.catalogue.api import Entry
from quanshu.supply.libraries.models import Build
from quanshu.supply.libraries.types import BuildState

PRODUCER = "urn:quanshu"
NAMESPACE = "quanshu"


def openlineage_events(build: Build) -> list[dict[str, Any]]:
    """The events of a build, oldest first, as JSON values of the OpenLineage specification."""
    events = []
    if build.started_at is not None:
        events.append(event_of(build, RunState.START, build.started_at))
    if build.ended_at is not None:
        state = RunState.COMPLETE if build.state == BuildState.DONE else RunState.FAIL
        events.append(event_of(build, state, build.ended_at))
    return [json.loads(Serde.to_json(event)) for event in events]


def event_of(build: Build, state: RunState, at: datetime) -> RunEvent:
    """One event."""
    job_facets: dict[str, Any] = {"sql": sql_job.SQLJobFacet(query=build.version.sql)}
    run_facets: dict[str, Any] = {}
    if state == RunState.FAIL:
        text = str(build.error.get("message", "")) % build.error.get("params", {})
        run_facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(message=text, programmingLanguage="SQL")
    return RunEvent(
        eventType=state,
        eventTime=at.isoformat(),
        producer=PRODUCER,
        run=Run(runId=build.uid, facets=run_facets),
        job=Job(namespace=NAMESPACE, name=build.model.code, facets=job_facets),
        inputs=inputs_of(build),
        outputs=[output_of(build)] if state == RunState.COMPLETE else [],
    )


def inputs_of(build: Build) -> list[InputDataset]:
    """The tables read, each at the version it was read at."""
    return [InputDataset(namespace=NAMESPACE, name=f"{table}@{version}") for table, version in build.inputs.values()]


def output_of(build: Build) -> OutputDataset:
    """The table made, with its columns, where each comes from, its rows and the tests it passed."""
    tables = dict(Entry.objects.values_list("uid", "lake_table"))
    fields = {
        name: column_lineage_dataset.Fields(
            inputFields=[
                column_lineage_dataset.InputField(
                    namespace=NAMESPACE,
                    name=tables.get(uid, uid),
                    field=column,
                    transformations=[
                        column_lineage_dataset.Transformation(
                            type="DIRECT", subtype="IDENTITY" if line["unchanged"] else "TRANSFORMATION"
                        )
                    ],
                )
                for uid, column in line["sources"]
            ]
        )
        for name, line in build.version.lineage.items()
    }
    facets: dict[str, Any] = {
        "schema": schema_dataset.SchemaDatasetFacet(
            fields=[
                schema_dataset.SchemaDatasetFacetFields(
                    name=item["name"], type=item["data_type"], description=item["title"]
                )
                for item in build.version.items
            ]
        ),
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields=fields),
        "dataQualityAssertions": data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
            assertions=[
                data_quality_assertions_dataset.Assertion(assertion=test["text"], success=test["failed"] == 0)
                for test in build.tests
            ]
        ),
    }
    counted = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=build.rows or 0)
    return OutputDataset(
        namespace=NAMESPACE, name=build.lake_table, facets=facets, outputFacets={"outputStatistics": counted}
    )
