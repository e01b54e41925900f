"""What is looked up once a state of the public site, and kept in memory."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Generic, TypeVar

from webinars.db import Database
from webinars.domain import site

Key = TypeVar("Key")
Value = TypeVar("Value")


class KeptLookups(Generic[Key, Value]):
    """Values by key, the latest asked for; one peek tells whether the site is still the same."""

    def __init__(self, database: Database, *, most: int) -> None:
        self._database = database
        self._most = most
        self._kept: OrderedDict[Key, tuple[int, Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, look_up: Callable[[], Value]) -> Value:
        """What is known of it, or is looked up now. Raises SQLAlchemyError."""
        version = self._database.peek(site.VERSION)
        with self._lock, suppress(KeyError):
            self._kept.move_to_end(key)
            known, value = self._kept[key]
            if known == version:
                return value
        value = look_up()  # never older than the version that it is kept under
        with self._lock:
            self._kept[key] = (version, value)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value
