"""What the protocol answers line by line: protocol, metadata and files, in the formats `parquet` and `delta`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quanshu.lake.log import Commit, LogFile, TableState

CAPABILITIES = "delta-sharing-capabilities"
VERSION_HEADER = "delta-table-version"
NDJSON = "application/x-ndjson; charset=utf-8"
FEED_ON = {"enableChangeDataFeed": "true"}

Signer = Callable[[LogFile], tuple[str, int]]
Line = dict[str, Any]


def response_format(capabilities: str) -> str:
    """`parquet` or `delta`, from the capabilities header; where both are taken, `parquet`: our tables need no more."""
    for part in capabilities.lower().split(";"):
        name, _mark, value = part.partition("=")
        if name.strip() == "responseformat":
            formats = {text.strip() for text in value.split(",")}
            return "delta" if "delta" in formats and "parquet" not in formats else "parquet"
    return "parquet"


def file_id(file: LogFile) -> str:
    """The same for the same file in every answer."""
    return hashlib.sha256(file.path.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the lines of one answer; `sign` gives a file's address and when it ends, in epoch milliseconds."""

    form: str
    sign: Signer

    def head(self, state: TableState, *, version: int | None = None, feed: bool = False) -> list[Line]:
        """Protocol and metadata. `version` is told where the reader asked for one."""
        sizes = {"size": sum(file.size for file in state.files), "numFiles": len(state.files)}
        told = {"version": version} if version is not None else {}
        if self.form == "delta":
            protocol: Line = {"deltaProtocol": dict(state.protocol)}
            metadata: Line = {"deltaMetadata": plain_metadata(state.metadata), **told, **sizes}
        else:
            protocol = {"minReaderVersion": 1}
            metadata = {
                "id": state.metadata["id"],
                "format": {"provider": "parquet"},
                "schemaString": state.metadata["schemaString"],
                "partitionColumns": list(state.metadata.get("partitionColumns", ())),
                **({"configuration": FEED_ON} if feed else {}),
                **told,
                **sizes,
            }
        return [{"protocol": protocol}, {"metaData": metadata}]

    def snapshot_file(self, file: LogFile, state: TableState, *, versioned: bool) -> Line:
        """A data file of a version."""
        url, expires = self.sign(file)
        when = {"version": state.version, "timestamp": state.at_ms} if versioned else {}
        return {"file": self.wrapped("add", file, url, expires, when)}

    def change_file(self, kind: str, file: LogFile, commit: Commit) -> Line:
        """A file that tells of changes: `kind` is add, remove or cdf."""
        url, expires = self.sign(file)
        when = {"version": commit.version, "timestamp": commit.at_ms}
        body = self.wrapped(kind, file, url, expires, when)
        return {"file": body} if self.form == "delta" else {kind: body}

    def wrapped(self, kind: str, file: LogFile, url: str, expires: int, when: Mapping[str, Any]) -> Line:
        """One file in the answer's format."""
        common = {"id": file_id(file), "expirationTimestamp": expires, **when}
        if self.form != "delta":
            stats = {"stats": file.stats} if file.stats and kind == "add" else {}
            return {"url": url, **common, "partitionValues": dict(file.partition_values), "size": file.size, **stats}
        action: Line = {"path": url, "partitionValues": dict(file.partition_values), "size": file.size}
        moment = int(when.get("timestamp", 0))
        if kind == "add":
            action |= {"modificationTime": moment, "dataChange": True, "stats": file.stats or None}
        elif kind == "remove":
            action |= {"deletionTimestamp": moment, "dataChange": True, "extendedFileMetadata": True}
        else:
            action |= {"dataChange": False}
        return {**common, "size": file.size, "deltaSingleAction": {"cdc" if kind == "cdf" else kind: action}}


def plain_metadata(metadata: Mapping[str, Any]) -> Line:
    """A table's metadata as the log has it, without what concerns the lake alone."""
    kept = {"delta.enableChangeDataFeed": "true"}
    return {**metadata, "name": None, "description": None, "configuration": kept}


def ndjson(lines: Sequence[Line]) -> bytes:
    """One JSON object a line."""
    return b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines)
