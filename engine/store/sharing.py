"""Reading that belongs together: one transaction for all that a thread asks in a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import local
from typing import Generic, TypeVar

T = TypeVar("T")


class Readings(Generic[T]):
    """Gives transactions that only read: one each time, or one for all in a block of a thread."""

    def __init__(self, opened: Callable[[], AbstractContextManager[T]]) -> None:
        """opened: opens one by itself."""
        self._opened = opened
        self._thread = local()

    def one(
        self, opened: Callable[[], AbstractContextManager[T]] | None = None
    ) -> AbstractContextManager[T]:
        """That of the thread within `at_once`, else one of its own. Raises StorageError.

        opened: opens that of its own in another way.
        """
        shared = self._shared()
        return (opened or self._opened)() if shared is None else shared.part()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """What this thread reads meanwhile is of one moment, until `end`."""
        if self._shared() is not None:
            yield
            return
        shared = self._thread.shared = _Shared(self._opened)
        try:
            yield
        finally:
            self._thread.shared = None
            shared.end()

    def end(self) -> None:
        """What this thread reads next is of a moment after this one."""
        if shared := self._shared():
            shared.end()

    def _shared(self) -> _Shared[T] | None:
        return getattr(self._thread, "shared", None)


class _Shared(Generic[T]):
    """One transaction, opened when it is first needed, and again after each end."""

    def __init__(self, opened: Callable[[], AbstractContextManager[T]]) -> None:
        self._opened = opened
        self._held = ExitStack()
        self._transaction: T | None = None

    @contextmanager
    def part(self) -> Iterator[T]:
        """For what is asked of it in one place."""
        try:
            if self._transaction is None:
                self._transaction = self._held.enter_context(self._opened())
            yield self._transaction
        except BaseException as error:
            # After a question that failed PostgreSQL refuses every other one.
            self.end(error)
            raise

    def end(self, error: BaseException | None = None) -> None:
        """error: what a question failed with."""
        self._transaction = None
        if error is None:
            self._held.close()
        else:
            self._held.__exit__(type(error), error, error.__traceback__)
