"""The only home of SQL: `Store` opens transactions, and each question is one method of them."""

from engine.store.kept_beside import NAMELESS
from engine.store.store import Store, StoreTransaction
from engine.store.task_facets import is_one_question

__all__ = ["NAMELESS", "Store", "StoreTransaction", "is_one_question"]
