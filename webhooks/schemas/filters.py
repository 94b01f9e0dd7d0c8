"""What all listings share: filters that refuse what they do not know, a page and an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from marshmallow import RAISE, ValidationError, fields, post_load, pre_load

from engine.queries import Page, SortOrder
from webhooks.schemas.base import Flag, Shape, Whole, is_default, refuse_given


@dataclass(frozen=True, slots=True)
class Listing:
    """What a client wants to see. `is_empty`: nothing can match, there is no need to ask."""

    query: Any
    page: Page
    is_empty: bool = False
    #: The cursor that the page begins behind, as it was given.
    after: str | None = None

    def windowed(self, window: Mapping[str, Any]) -> Listing:
        """The same with the page that the query string of a POST names."""
        after = window.get("after", self.after)
        part = {name: value for name, value in window.items() if name != "after"}
        return replace(self, page=replace(self.page, **part), after=after)


class Window(Shape):
    """Which part of a listing (in the query string, also of a POST)."""

    class Meta:
        """A misspelt page would be the wrong page."""

        unknown = RAISE

    error_messages = {"unknown": "Alur does not know this parameter"}  # noqa: RUF012

    first_result = Whole(minimum=0)
    max_results = Whole(minimum=0)


class CursorWindow(Window):
    """The same of a listing that also has cursors."""

    after = fields.String()


class Sorting(Shape):
    """One wish of order in the body of a POST."""

    sort_by = fields.String(required=True)
    sort_order = fields.Enum(SortOrder, by_value=True, required=True)


class Filter(Window):
    """Filters of one listing; they load as a Listing.

    A filter that is ignored would show what was not asked for, so that an unknown one is refused,
    and so is one of Camunda's that Alur does not support.
    """

    #: The query that the filters make; their attributes are its fields.
    noun: ClassVar[type]
    #: Fields of a row that break ties, in a listing that has cursors.
    ties: ClassVar[tuple[str, ...]] = ()
    #: Camunda's `sortBy` -> the query's field.
    sortable: ClassVar[Mapping[str, str]] = {}
    #: Camunda's filters that are refused unless they say nothing.
    unsupported: ClassVar[tuple[str, ...]] = ()
    #: Filters that exclude nothing here: nothing is ever suspended, there are no tenants.
    without_effect: ClassVar[tuple[str, ...]] = ("active", "without_tenant_id")
    #: Filters that match nothing here.
    never_true: ClassVar[tuple[str, ...]] = ("suspended",)

    sort_by = fields.String()
    sort_order = fields.Enum(SortOrder, by_value=True)
    sorting = fields.List(fields.Nested(Sorting))
    without_tenant_id = Flag()

    @pre_load
    def refuse_unsupported(self, data: Any, **_kwargs: Any) -> Any:
        """Name every filter that is not supported; drop those that say nothing."""
        refuse_given(data, self.unsupported)
        return {
            name: value
            for name, value in data.items()
            if value is not None and not (name in self.unsupported and is_default(value))
        }

    @post_load
    def as_listing(self, values: dict[str, Any], **_kwargs: Any) -> Listing:
        """The query and the page that the filters ask for."""
        page = Page(
            first_result=values.pop("first_result", 0),
            max_results=values.pop("max_results", None),
            sorting=self._sorting(values),
        )
        after = values.pop("after", None) if self.ties else None
        is_empty = any(values.pop(name, False) for name in self.never_true)
        for name in self.without_effect:
            values.pop(name, None)
        return Listing(self.query_of(values), page, is_empty, after)

    def query_of(self, values: dict[str, Any]) -> Any:
        """The query of the loaded values."""
        return self.noun(**values)

    def _sorting(self, values: dict[str, Any]) -> tuple[tuple[str, SortOrder], ...]:
        sort_by, order = values.pop("sort_by", None), values.pop("sort_order", None)
        if (sort_by is None) != (order is None):
            missing = "sortOrder" if order is None else "sortBy"
            raise ValidationError({missing: ["sortBy and sortOrder go together"]})
        wishes = [(each["sort_by"], each["sort_order"]) for each in values.pop("sorting", [])]
        if sort_by is not None:
            wishes.insert(0, (sort_by, order))
        return tuple((self._sort_field(name), order) for name, order in wishes)

    def _sort_field(self, name: str) -> str:
        if name not in self.sortable:
            known = ", ".join(self.sortable)
            raise ValidationError({"sortBy": [f"cannot sort by {name!r}; expected one of {known}"]})
        return self.sortable[name]


class HistoricFilter(Filter, CursorWindow):
    """Filters of a listing of history: it has cursors, and nothing is ever suspended in it."""

    without_effect: ClassVar[tuple[str, ...]] = ("without_tenant_id",)
    never_true: ClassVar[tuple[str, ...]] = ()


def one_fact(values: dict[str, Any], same: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The values with one name for each fact; two that differ match nothing, which "" says."""
    for name, others in same.items():
        given = {values.pop(each) for each in (name, *others) if values.get(each) is not None}
        if given:
            values[name] = given.pop() if len(given) == 1 else ""
    return values
