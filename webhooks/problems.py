"""ONE table from error to HTTP status and body; the only place that decides status codes.

A body is Camunda's {"type", "message", "code"} with what the error's facts add to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from flask import Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException, default_exceptions

from engine import errors
from engine.model import Finding, Severity
from webhooks.auth import CHALLENGE
from webhooks.rest.context import current_engine
from webhooks.rest.moments import write_moment

#: Camunda Modeler shows a refusal as one of the diagram when its message begins with this.
PARSE_FAILURE = "ENGINE-09005 Could not parse BPMN process."

#: Camunda's codes: 0 when there is none, 1 for optimistic locking.
NO_CODE, OPTIMISTIC_LOCKING = 0, 1

#: What the words of an error say of the transaction that failed.
_NOT_WRITTEN = re.compile(r"[;,]? nothing was written(, try again)?")

_READING = frozenset({"GET", "HEAD", "OPTIONS"})

Facts = Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Problem:
    """How one class of errors is answered. `facts` adds to the body, `headers` to the answer."""

    status: int
    type: str
    code: int = NO_CODE
    facts: Facts = lambda _error: {}
    headers: Mapping[str, str] | None = None


# ------------------------------------------------------------------------ facts


def _fields(error: errors.InvalidInput) -> Mapping[str, Any]:
    return {"fields": error.fields}


def _matches(error: errors.MessageMismatch) -> Mapping[str, Any]:
    return {"messageName": error.name, "matches": error.matches}


def _settlement(error: errors.MessageSettled) -> Mapping[str, Any]:
    return {"keptMessageId": error.kept_id, "state": error.state}


def _missing_authorization(error: errors.Forbidden) -> Mapping[str, Any]:
    missing = {"permissionName": error.deed, "resourceName": error.reason, "resourceId": None}
    return {"userId": error.account, "missingAuthorizations": [missing]}


def _end_of_substitution(error: errors.SubstitutionOver) -> Mapping[str, Any]:
    ended_at = write_moment(error.ended_at) if error.ended_at else None
    return {**_missing_authorization(error), "title": error.title, "endedAt": ended_at}


def _obstacles(error: errors.MigrationRefused) -> Mapping[str, Any]:
    return {"processInstanceId": error.instance_id, "failures": list(error.messages)}


def _end_of_task(error: errors.TaskNotOpen) -> Mapping[str, Any]:
    return {
        "taskId": error.task_id,
        "state": str(error.state),
        "endedBy": error.ended_by,
        "endedAt": write_moment(error.ended_at),
    }


def _claim_of_task(error: errors.TaskAlreadyClaimed) -> Mapping[str, Any]:
    claimed_at = write_moment(error.claimed_at)
    return {"taskId": error.task_id, "assignee": error.assignee, "claimedAt": claimed_at}


def _papers(error: errors.ParafMissing) -> Mapping[str, Any]:
    return {
        "taskId": error.task_id,
        "document": list(error.names),
        "version": error.version,
        "digest": error.digest,
        "missing": list(error.lanes),
    }


def _change_of_paper(error: errors.PaperChanged) -> Mapping[str, Any]:
    return {"taskId": error.task_id, "seen": error.seen, "current": error.current}


def _no_paper(error: errors.PaperMissing) -> Mapping[str, Any]:
    return {"taskId": error.task_id, "document": list(error.names)}


def _use_of_link(error: errors.LinkUsed) -> Mapping[str, Any]:
    return {"taskId": error.task_id, "usedAt": write_moment(error.used_at)}


def _holder(error: errors.LockedByAnother) -> Mapping[str, Any]:
    return {"externalTaskId": error.external_task_id, "workerId": error.holder}


def _findings(error: errors.DeploymentRejected) -> Mapping[str, Any]:
    """The message names every fault in both languages; `details` says where each stands."""
    faults = [f for f in error.findings if f.severity is not Severity.WARNING]
    lines = [f"* {f.message_id} / {f.message_en} | {_place(f)}" for f in faults]
    return {
        "message": "\n".join([f"{PARSE_FAILURE} Errors:", *lines]),
        "details": findings_by_file(error.findings),
    }


def findings_by_file(findings: tuple[Finding, ...]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Findings in the shape of Camunda's ParseException: file -> errors and warnings."""
    details: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for finding in findings:
        of_file = details.setdefault(finding.file_name, {"errors": [], "warnings": []})
        kind = "warnings" if finding.severity is Severity.WARNING else "errors"
        of_file[kind].append(_report(finding))
    return details


def _report(finding: Finding) -> dict[str, Any]:
    return {
        "message": f"{finding.message_id} / {finding.message_en}",
        "line": finding.line,
        "column": None,
        "mainElementId": finding.element_id,
        "elementIds": [finding.element_id] if finding.element_id else [],
        "rule": finding.rule,
    }


def _place(finding: Finding) -> str:
    line = f" | line {finding.line}" if finding.line is not None else ""
    element = f" | {finding.element_id}" if finding.element_id else ""
    return f"resource {finding.file_name}{line}{element}"


# ------------------------------------------------------------------------ table

_RETRY = {"Retry-After": "1"}

#: The nearest class in an error's ancestry decides.
PROBLEMS: Mapping[type[errors.EngineError], Problem] = {
    errors.EngineError: Problem(500, "ProcessEngineException"),
    errors.NotFound: Problem(404, "NotFoundException"),
    errors.NotAuthenticated: Problem(
        401, "AuthenticationException", headers={"WWW-Authenticate": CHALLENGE}
    ),
    errors.TooManySimulations: Problem(
        503, "TooManySimulationsException", headers={"Retry-After": "5"}
    ),
    errors.SignOnUnavailable: Problem(503, "SignOnUnavailableException"),
    errors.TooManyHashes: Problem(503, "TooManyLoginsException", headers=_RETRY),
    errors.Forbidden: Problem(403, "AuthorizationException", facts=_missing_authorization),
    errors.StrategicStep: Problem(403, "StrategicStepException", facts=_missing_authorization),
    errors.SubstitutionOver: Problem(403, "SubstitutionOverException", facts=_end_of_substitution),
    errors.SubstitutionEnded: Problem(409, "SubstitutionEndedException"),
    errors.InvalidInput: Problem(400, "InvalidRequestException", facts=_fields),
    errors.MessageMismatch: Problem(400, "MismatchingMessageCorrelationException", facts=_matches),
    errors.InvalidForm: Problem(400, "FormFieldValidationException", facts=_fields),
    errors.DeploymentRejected: Problem(400, "ParseException", facts=_findings),
    errors.ExpressionRefused: Problem(400, "ScriptCompilationException"),
    errors.Conflict: Problem(409, "ConflictException"),
    errors.RevisionConflict: Problem(409, "OptimisticLockingException", OPTIMISTIC_LOCKING),
    errors.TaskNotOpen: Problem(409, "TaskNotOpenException", facts=_end_of_task),
    errors.TaskAlreadyClaimed: Problem(409, "TaskAlreadyClaimedException", facts=_claim_of_task),
    errors.ParafMissing: Problem(409, "ParafMissingException", facts=_papers),
    errors.PaperChanged: Problem(409, "PaperChangedException", facts=_change_of_paper),
    errors.PaperMissing: Problem(409, "PaperMissingException", facts=_no_paper),
    errors.LockedByAnother: Problem(400, "BadUserRequestException", facts=_holder),
    errors.LinkUsed: Problem(409, "LinkUsedException", facts=_use_of_link),
    errors.LinkExpired: Problem(410, "LinkExpiredException"),
    errors.LoginDemanded: Problem(403, "LoginDemandedException"),
    errors.InstanceEnded: Problem(409, "ProcessInstanceEndedException"),
    errors.MigrationRefused: Problem(
        409, "MigratingProcessInstanceValidationException", facts=_obstacles
    ),
    errors.DeploymentInUse: Problem(409, "DeploymentInUseException"),
    errors.MessageSettled: Problem(409, "MessageSettledException", facts=_settlement),
    errors.NameTaken: Problem(409, "NameTakenException"),
    errors.IdempotencyKeyReused: Problem(422, "IdempotencyKeyReusedException"),
    errors.StorageBusy: Problem(503, "StorageBusyException", headers=_RETRY),
    errors.StorageAway: Problem(503, "StorageAwayException", headers=_RETRY),
    errors.OutcomeUnknown: Problem(503, "OutcomeUnknownException", headers=_RETRY),
    errors.StorageFull: Problem(503, "StorageFullException"),
    errors.StorageOutdated: Problem(503, "StorageOutdatedException"),
    errors.StorageUnusable: Problem(503, "StorageUnusableException"),
    errors.StorageError: Problem(500, "StorageException"),
    errors.SigningKeyUnusable: Problem(503, "SigningKeyException"),
    errors.CheckpointsDisagree: Problem(409, "CheckpointsDisagreeException"),
    errors.ReplayMismatch: Problem(500, "ReplayMismatchException"),
    errors.SecretKeyUnusable: Problem(503, "SecretKeyException"),
    errors.MachineFault: Problem(500, "MachineFaultException"),
}

_HTTP_TYPES = {
    400: "InvalidRequestException",
    404: "NotFoundException",
    405: "MethodNotAllowedException",
    413: "PayloadTooLargeException",
    415: "UnsupportedMediaTypeException",
    429: "TooManyRequestsException",
}


def problem_of(error: errors.EngineError) -> Problem:
    """The row of the table for an error of the engine."""
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def in_truth(error: errors.EngineError) -> errors.EngineError:
    """The error as it is true of the whole request.

    What the engine says that it did not write is what it was at when it failed: here often the
    answer to what it has kept before. Who only reads asked for nothing to be kept, though it may be
    noted that he does.
    """
    is_reading = request.method in _READING
    if is_reading or not isinstance(error, errors.PASSING_TROUBLE) or not current_engine().has_kept:
        return error
    reason = _NOT_WRITTEN.sub("", str(error))
    return errors.OutcomeUnknown(f"something was kept, ask again whether all of it was: {reason}")


def answer(error: Exception) -> Response:
    """The JSON answer for any error; of an unexpected one nothing is told but that it happened."""
    if isinstance(error, errors.EngineError):
        return _engine_answer(in_truth(error))
    if isinstance(error, HTTPException):
        return _http_answer(error)
    log_unexpected(error)
    return _response(500, "ProcessEngineException", "an unexpected error; the log has its cause")


def log_failure(error: errors.EngineError) -> None:
    """The log has why a request failed, and where in the program unless that does not help."""
    told = (request.method, _logged_path(), error)
    current_app.logger.error("%s %s failed: %s", *told, exc_info=errors.traced(error))


def log_unexpected(
    error: BaseException | tuple[type, BaseException, TracebackType] | tuple[None, None, None],
) -> None:
    """The log has where in the program an error came up that nobody foresaw."""
    current_app.logger.error("%s %s failed", request.method, _logged_path(), exc_info=error)


def _logged_path() -> str:
    """Without the token of a link: who reads the log could do the task by it."""
    token = (request.view_args or {}).get("token")
    return request.path.replace(token, "<token>") if token else request.path


def _engine_answer(error: errors.EngineError) -> Response:
    problem = problem_of(error)
    if problem.status >= 500:
        log_failure(error)
    body = {"code": problem.code, **problem.facts(error)}
    return _response(problem.status, problem.type, str(error), body, problem.headers)


def _http_answer(error: HTTPException) -> Response:
    status = error.code or 500
    headers = {
        name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}
    }
    kind = _HTTP_TYPES.get(status, "RestException")
    return _response(status, kind, error.description or error.name, headers=headers)


def _response(
    status: int,
    kind: str,
    message: str,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    response = jsonify({"type": kind, "message": message, "code": NO_CODE, **(body or {})})
    response.status_code = status
    response.headers.update(headers or {})
    return response


#: Every kind of error that the API's blueprints answer themselves. The codes are named too, since
#: Flask would prefer a handler that the pages registered for a code.
HANDLED: tuple[type[Exception] | int, ...] = (Exception, *default_exceptions)
