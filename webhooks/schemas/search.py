"""What is looked for, and what is found."""

from __future__ import annotations

from marshmallow import RAISE, fields

from webhooks.schemas.base import Answer, Moment, Shape, Whole
from webhooks.schemas.tasks import TaskAnswer


class SearchFilter(Shape):
    """What to look for, and which instances of those found to show."""

    class Meta:
        """A misspelt parameter would be another search."""

        unknown = RAISE

    error_messages = {"unknown": "Alur does not know this parameter"}  # noqa: RUF012

    query = fields.String(required=True)
    first_result = Whole(minimum=0, load_default=0)
    max_results = Whole(minimum=1, load_default=20)


class MatchAnswer(Answer):
    """Where a word stands: in the business key, a variable, a comment, an attachment, ..."""

    source = fields.String()
    name = fields.String(allow_none=True)
    text = fields.String()


class FoundInstanceAnswer(Answer):
    """An instance, where in it the words stand, and its open tasks that the caller may see."""

    id = fields.String(attribute="instance.instance_id")
    business_key = fields.String(attribute="instance.business_key", allow_none=True)
    process_definition_id = fields.String(attribute="instance.definition_id")
    process_definition_key = fields.String(attribute="instance.definition_key")
    state = fields.Function(lambda found: str(found.instance.state))
    start_time = Moment(attribute="instance.started_at")
    end_time = Moment(attribute="instance.ended_at", allow_none=True)
    matches = fields.List(fields.Nested(MatchAnswer))
    tasks = fields.List(fields.Nested(TaskAnswer))


class FoundDefinitionAnswer(Answer):
    """The newest version of an SOP, and its steps whose names have the words."""

    id = fields.String(attribute="definition.definition_id")
    key = fields.String(attribute="definition.key")
    name = fields.String(attribute="definition.name")
    version = fields.Integer(attribute="definition.version")
    number = fields.String(allow_none=True)
    steps = fields.List(fields.String())


class FoundAnswer(Answer):
    """One page of what is found; tasks and definitions stand on the first one."""

    words = fields.List(fields.String())
    instances = fields.List(fields.Nested(FoundInstanceAnswer))
    has_more = fields.Boolean()
    tasks = fields.List(fields.Nested(TaskAnswer))
    has_more_tasks = fields.Boolean()
    process_definitions = fields.List(fields.Nested(FoundDefinitionAnswer), attribute="definitions")
