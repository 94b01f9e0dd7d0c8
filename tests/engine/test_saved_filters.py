"""Saved filters are their account's own."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.model import SavedFilter
from engine.saved_filters import MAX_NAME, MAX_QUERY, MOST_PER_ACCOUNT
from tests.office import ADMIN, Office


def test_a_filter_is_kept_replaced_and_deleted(office_on_both: Office) -> None:
    office = office_on_both
    adi, budi = (
        office.engine.accounts.add(
            name,
            display_name=name,
            password="sandi yang panjang",
            roles=["staff"],
            lanes=[],
            actor=ADMIN,
        ).as_actor()
        for name in ("adi", "budi")
    )
    filters = office.engine.saved_filters
    filters.save("b", "sop=x", actor=adi)
    filters.save(" b ", "sop=y", actor=adi)
    filters.save("a", "sop=z", actor=adi)

    assert filters.list(actor=adi) == [
        SavedFilter("adi", "a", "sop=z"),
        SavedFilter("adi", "b", "sop=y"),
    ]
    filters.delete("a", actor=budi)
    assert filters.list(actor=budi) == []
    filters.delete("a", actor=adi)
    assert [each.name for each in filters.list(actor=adi)] == ["b"]

    for name, query in (("", ""), ("x" * (MAX_NAME + 1), ""), ("x", "y" * (MAX_QUERY + 1))):
        with pytest.raises(InvalidInput):
            filters.save(name, query, actor=adi)
    for number in range(MOST_PER_ACCOUNT - 1):
        filters.save(str(number), "", actor=adi)
    filters.save("b", "sop=w", actor=adi)
    with pytest.raises(InvalidInput, match=str(MOST_PER_ACCOUNT)):
        filters.save("one more", "", actor=adi)
