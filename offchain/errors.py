"""Every error that Colophon raises on purpose.

    ColophonError
    ├── InputError         the caller's data is wrong            HTTP 422   exit 2
    ├── NotFoundError      nothing stands under that name        HTTP 404   exit 3
    ├── RefusedError       a rule of rights or money forbids it  HTTP 409   exit 4
    ├── DeniedError        the caller may not do this            HTTP 403   exit 5
    └── UnavailableError   a node or service does not answer     HTTP 503   exit 6

An error is a stable `code` (kebab-case, the tail of `urn:colophon:error:CODE`), a message that names
the cause, and a remedy: the next thing to do. `facts` are the values that explain it.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "ColophonError",
    "DeniedError",
    "InputError",
    "NotFoundError",
    "RefusedError",
    "UnavailableError",
]


class ColophonError(Exception):
    """Root of the tree; raise one of its children.

    Args:
        code: stable kebab-case name, e.g. `work-registered`.
        message: what is wrong, in one sentence without a full stop.
        remedy: what the reader can do about it.
        facts: values that explain the error, shown one a line and returned by the API.
    """

    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, message: str, remedy: str, **facts: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.facts = facts

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (durable workflows pickle them); keyword facts need help.
        return (_rebuild, (type(self), self.code, self.message, self.remedy, self.facts))


def _rebuild(
    kind: type[ColophonError], code: str, message: str, remedy: str, facts: dict[str, object]
) -> ColophonError:
    return kind(code, message, remedy, **facts)


class InputError(ColophonError):
    """The caller's data is wrong."""

    http_status = 422
    exit_code = 2


class NotFoundError(ColophonError):
    """Nothing stands under that name."""

    http_status = 404
    exit_code = 3


class RefusedError(ColophonError):
    """A rule of rights or money forbids it."""

    http_status = 409
    exit_code = 4


class DeniedError(ColophonError):
    """The caller may not do this."""

    http_status = 403
    exit_code = 5


class UnavailableError(ColophonError):
    """A node or service does not answer, answers wrongly, or is kept from acting."""

    http_status = 503
    exit_code = 6
