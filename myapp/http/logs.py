"""Logs for machines: one JSON object a line."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import msgspec
import structlog


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders the standard library's log records as JSON, with time, level, logger and traceback."""

    def __init__(self, *args: object, **options: object) -> None:
        shared: list[structlog.typing.Processor] = [
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ]
        super().__init__(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a message and nothing else, as every request leaves, is quickly made."""
        if record.exc_info or record.exc_text or record.stack_info or not isinstance(record.msg, str):
            return super().format(record)
        message = record.getMessage()
        try:
            return _line(record, message)
        except UnicodeEncodeError:
            # Half of a pair of surrogates, which no stream in UTF-8 takes.
            return _line(record, message.encode(errors="backslashreplace").decode())


def _line(record: logging.LogRecord, message: str) -> str:
    now = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
    members = {
        "event": message,
        "logger": record.name,
        "level": record.levelname.lower(),
        "timestamp": f"{now.isoformat(timespec='microseconds')}Z",
    }
    return msgspec.json.encode(members).decode()
