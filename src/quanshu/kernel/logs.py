"""Log lines of every process: JSON or plain, each with the trace it belongs to, none with what names a person."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from quanshu.kernel.redaction import redact
from quanshu.kernel.trace import current_trace

FORMATS = ("json", "line")
VARIABLE = "QUANSHU_LOG_FORMAT"
MOST_LINES = 20


def scrub(text: str) -> str:
    """The text with what names a person or opens a door blotted out (`kernel.redaction`)."""
    return redact(text)


def message_of(record: logging.LogRecord) -> str:
    """The record's message, scrubbed; one whose arguments do not fit is told as it was written."""
    try:
        return scrub(record.getMessage())
    except Exception:  # noqa: BLE001 - whatever an argument's own text raises, the line is written without it
        return scrub(str(record.msg))


def fault_of(record: logging.LogRecord) -> dict[str, Any]:
    """Type, place and scrubbed text of the record's exception; {} without one."""
    info: tuple[Any, ...] | None = record.exc_info if isinstance(record.exc_info, tuple) else None
    if info is None or info[0] is None:
        return {}
    kind: type[BaseException] = info[0]
    trace: TracebackType | None = info[2]
    # Places only: the lines of source around them would say no more, values of arguments are never shown.
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-MOST_LINES:]]
    return {"error": kind.__name__, "error_text": scrub(str(info[1]))[:500], "stack": frames}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, process, trace id, fault."""

    def __init__(self, process: str = "") -> None:
        super().__init__()
        self.process = process

    def format(self, record: logging.LogRecord) -> str:
        body: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message_of(record),
            "process": self.process or os.environ.get("QUANSHU_PROCESS", ""),
            "pid": record.process,
        }
        trace = getattr(record, "trace_id", "") or current_trace()
        if trace:
            body["trace_id"] = trace
        return json.dumps({**body, **fault_of(record)}, ensure_ascii=False)


class LineFormatter(logging.Formatter):
    """The same for people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(sep=" ", timespec="milliseconds")
        trace = getattr(record, "trace_id", "") or current_trace()
        fault = fault_of(record)
        parts = [at, record.levelname, record.name, message_of(record), *([f"trace={trace}"] if trace else [])]
        if fault:
            parts.append(f"{fault['error']}: {fault['error_text']} [{' < '.join(reversed(fault['stack']))}]")
        return " ".join(parts)


def formatter(kind: str, process: str = "") -> logging.Formatter:
    """The formatter of a setting's word; anything but json is lines."""
    # A handler that fails would print the record with its arguments as they are.
    logging.raiseExceptions = False
    return JsonFormatter(process) if kind == "json" else LineFormatter()


def log_what_ends() -> None:
    """Tell of faults that end a process or a thread, and of warnings, by the log too, so that they are scrubbed."""
    logger = logging.getLogger("quanshu.process")

    def ended(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, fault, trace)
            return
        logger.critical("ended by a fault", exc_info=(kind, fault, trace))

    def thread_ended(args: threading.ExceptHookArgs) -> None:
        fault = args.exc_value or args.exc_type()
        logger.error("a thread ended by a fault", exc_info=(args.exc_type, fault, args.exc_traceback))

    sys.excepthook, threading.excepthook = ended, thread_ended
    logging.captureWarnings(capture=True)


def server_logging() -> dict[str, Any]:
    """What granian's own lines are written with: it has handlers of its own, which know no other formatter."""
    own = {"()": "quanshu.kernel.logs.formatter", "kind": os.environ.get(VARIABLE, "line")}
    return {"formatters": {"generic": own, "access": own}}


def set_up_logs(process: str) -> None:
    """Logging of a process without Django, as QUANSHU_LOG_FORMAT says; called once at its start."""
    os.environ["QUANSHU_PROCESS"] = process
    log_what_ends()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(os.environ.get(VARIABLE, "line"), process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("quanshu").setLevel(logging.INFO)
