"""Values as JSON may have them, and some that it cannot say, for tests of what writes it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

#: With halves of characters.
TEXT = st.text(st.characters(exclude_categories=[]), max_size=6)
_NUMBER = st.integers() | st.floats() | st.integers(-(2**54), 2**54)
_VALUE = st.recursive(
    st.none() | st.booleans() | _NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
#: Objects and lists, with halves of characters and numbers that are none.
JSON: st.SearchStrategy[Any] = st.dictionaries(TEXT, _VALUE, max_size=5) | st.lists(
    _VALUE, max_size=5
)
