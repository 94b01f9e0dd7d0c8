"""What a listing may be asked: filters, pages and order. None in a filter means "any"."""

from engine.queries.accounts import AccountEventQuery, SubstitutionQuery
from engine.queries.definitions import DefinitionQuery, DeploymentQuery
from engine.queries.external_tasks import ExternalTaskQuery, TopicSubscription
from engine.queries.history import (
    ActivityQuery,
    EventQuery,
    IdentityLinkQuery,
    IncidentQuery,
    VariableQuery,
)
from engine.queries.instances import InstanceQuery, OverviewQuery
from engine.queries.messages import DeliveryQuery, EventSubscriptionQuery, KeptMessageQuery
from engine.queries.pages import Page, SortOrder
from engine.queries.tasks import KEY_MARK, MOST_CHARACTERS, TaskQuery, TaskScope

__all__ = [
    "KEY_MARK",
    "MOST_CHARACTERS",
    "AccountEventQuery",
    "ActivityQuery",
    "DefinitionQuery",
    "DeliveryQuery",
    "DeploymentQuery",
    "EventQuery",
    "EventSubscriptionQuery",
    "ExternalTaskQuery",
    "IdentityLinkQuery",
    "IncidentQuery",
    "InstanceQuery",
    "KeptMessageQuery",
    "OverviewQuery",
    "Page",
    "SortOrder",
    "SubstitutionQuery",
    "TaskQuery",
    "TaskScope",
    "TopicSubscription",
    "VariableQuery",
]
