"""The only home of SQL: `Store` opens transactions, and each question is one method of them."""

from engine.store.store import Store, StoreTransaction

__all__ = ["Store", "StoreTransaction"]
