"""Which journals can be read: the name of a format, and the function that reads it."""

from collections.abc import Mapping
from types import MappingProxyType

from myapp.interchange import beancount, hledger_json
from myapp.interchange.journal import Reader, ReadOptions

__all__ = ["READERS", "ReadOptions", "Reader"]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "beancount": beancount.read,
        "hledger-json": hledger_json.read,
    }
)
