"""Links to following pages (RFC 8288), relative: the `Host` header is the caller's, and must lead nobody anywhere."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request

__all__ = ["next_page"]


def next_page(request: Request, cursor: object) -> str:
    """The value of a `Link` header: the same question, from a cursor on."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'<{request.url.path}?{urlencode([*kept, ("cursor", str(cursor))])}>; rel="next"'
