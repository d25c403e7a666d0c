"""Logs for machines: one JSON object a line."""

from __future__ import annotations

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
