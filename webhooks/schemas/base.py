"""What all shapes share: Camunda's names, dates and typed variables, and keys that are null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from marshmallow.types import StrSequenceOrSet

from engine.errors import InvalidVariables
from webhooks.rest.moments import read_moment, write_moment
from webhooks.variables import read_variables, write_variables

_MOST_NAMES = 1000
_TRUE = {True, "true", "True", "TRUE"}
_FALSE = {False, "false", "False", "FALSE"}


def camel_case(name: str) -> str:
    """process_instance_id -> processInstanceId."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


class Shape(Schema):
    """A JSON object whose keys are the camelCase of its fields' names; others are ignored."""

    class Meta:
        """Camunda's clients send more than they need."""

        unknown = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Give the field its key."""
        field_obj.data_key = field_obj.data_key or camel_case(field_name)


class Answer(Shape):
    """What is sent, and never read."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Several keys may come from one attribute, since none is loaded into it."""
        super().on_bind_field(field_name, field_obj)
        field_obj.dump_only = True


class Null(fields.Raw):
    """A key that the dialect documents and Alur has no value for: always null."""

    _CHECK_ATTRIBUTE = False

    def __init__(self) -> None:
        super().__init__(dump_only=True, allow_none=True)

    def _serialize(self, *_args: Any, **_kwargs: Any) -> None:
        return None


class Same(fields.Raw):
    """A key that has the same value in every answer."""

    _CHECK_ATTRIBUTE = False

    def __init__(self, value: Any) -> None:
        super().__init__(dump_only=True)
        self._value = value

    def _serialize(self, *_args: Any, **_kwargs: Any) -> Any:
        return self._value


class Computed(fields.Raw):
    """A key whose value follows from the whole object."""

    _CHECK_ATTRIBUTE = False

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        super().__init__(dump_only=True, allow_none=True)
        self._compute = compute

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_kwargs: Any) -> Any:  # noqa: ARG002
        return self._compute(obj)


class Moment(fields.String):
    """A date as Camunda writes it; both forms of the offset are read."""

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return write_moment(value)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        try:
            return read_moment(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Flag(fields.Boolean):
    """True or false, in capitals too (pycamunda sends "True")."""

    def __init__(self, **options: Any) -> None:
        super().__init__(truthy=_TRUE, falsy=_FALSE, **options)


class Whole(fields.Integer):
    """A whole number that every database can compare with."""

    def __init__(self, *, minimum: int = -(2**31), **options: Any) -> None:
        super().__init__(validate=validate.Range(min=minimum, max=2**31 - 1), **options)


class Names(fields.List[str]):
    """Strings: a list in a body, separated by commas or repeated in a query string."""

    def __init__(self, **options: Any) -> None:
        super().__init__(fields.String(), validate=validate.Length(max=_MOST_NAMES), **options)

    def _deserialize(
        self,
        value: Any,
        attr: str | None,
        data: Mapping[str, Any] | None,
        **options: Any,
    ) -> Any:
        found = value.split(",") if isinstance(value, str) else value
        return tuple(super()._deserialize(found, attr, data, **options))


class VariableMap(fields.Field[dict[str, Any]]):
    """Variables by name, each {"value", "type", "valueInfo"}; plain values on our side."""

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return None if value is None else write_variables(value)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError('expected an object {"name": {"value": …, "type": …}}')
        try:
            return read_variables(value)
        except InvalidVariables as error:
            raise ValidationError(dict(error.fields)) from error


def refuse_given(data: Mapping[str, Any], names: StrSequenceOrSet) -> None:
    """Raise ValidationError for every name that says more than its default."""
    faults = {
        name: ["Camunda knows this, Alur does not support it"]
        for name in names
        if not is_default(data.get(name))
    }
    if faults:
        raise ValidationError(faults)


def is_default(value: Any) -> bool:
    """Whether a parameter says as much as if it were absent."""
    return value in (None, "", [], {}) or (isinstance(value, bool | str) and value in _FALSE)


class Count(Answer):
    """How many there are."""

    count = fields.Integer()
