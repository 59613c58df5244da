"""Public reads, kept as they were sent: `router = APIRouter(route_class=PageRoute)`.

A page that is kept is served from the event loop, without a thread, a query or a check of parameters. It may be served
while the database is as it was when the page was made: what this process writes is seen at once, what another process
writes within `FRESH` seconds, and nothing is served that is older than `OLDEST`, since prices expire by themselves.
Only answers of success are kept; one that says `no-store` is not. Whoever may cache must ask again (`no-cache`), and is
told by the entity tag, which is the hash of the bytes, whether what it has still holds.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, TypeAlias
from weakref import WeakValueDictionary

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.routing import APIRoute

from offchain.api.conditional import is_current
from offchain.store import Store

__all__ = ["FRESH", "OLDEST", "PageRoute", "Pages"]

FRESH: Final = 0.1
"""Seconds after which a page must not be served without asking whether another process has changed the database."""

_AHEAD: Final = FRESH / 2
"""Seconds after which the database is asked while pages are still served, so that hardly anybody waits for it."""

OLDEST: Final = 10.0
"""Seconds after which a page is made anew, whatever has changed."""

_ROOM: Final = 32 * 2**20
"""Bytes that are kept at most."""

_DROPPED: Final = 4
"""Pages too old to be served that are dropped at most for one that is kept: more than come in, so none are gathered."""

_LONGEST_QUERY: Final = 1000
"""Characters of a query whose answer is kept."""

_Key: TypeAlias = tuple[str, bytes, str]
_Handler: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class _Page:
    moment: str
    made: float
    body: bytes
    headers: dict[str, str]
    raw: list[tuple[bytes, bytes]]

    def answer(self, request: Request) -> Response:
        """The page, or that the caller has it."""
        if is_current(request.headers, self.headers["etag"]):
            told = {
                name: value for name, value in self.headers.items() if name not in ("content-type", "content-length")
            }
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=told)
        response = Response()
        response.body, response.raw_headers = self.body, self.raw.copy()
        return response


class Pages:
    """What is kept, the longest unused dropped first; belongs to one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pages: OrderedDict[_Key, _Page] = OrderedDict()
        self._size = 0
        self._moment, self._commits, self._asked = "", -1, float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._making: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        """Pages that are kept."""
        return len(self._pages)

    async def answer(self, request: Request, make: _Handler) -> Response:
        """The page that a request asks for, made by `make` where none is kept that may be served."""
        key = (request.scope["path"], request.scope["query_string"], request.headers.get("accept", ""))
        page = self._kept(key, await self.moment())
        if page is not None:
            return page.answer(request)
        # One request makes it, the others wait for that.
        making = self._making.setdefault(key, asyncio.Lock())
        async with making:
            moment = await self.moment()
            page = self._kept(key, moment)
            if page is not None:
                return page.answer(request)
            made = time.monotonic()
            response = await make(request)
            if response.status_code != HTTPStatus.OK or "no-store" in response.headers.get("cache-control", ""):
                return response
            page = _page(response, moment, made)
            self._keep(key, page)
        return page.answer(request)

    async def moment(self) -> str:
        """What the database holds, as a text: no older than the call for this process, than `FRESH` for others."""
        commits, now = self._store.commits, time.monotonic()
        while self._commits < commits or self._asked < now - FRESH:
            await asyncio.shield(self._question())
        if self._asked < now - _AHEAD:
            self._question()
        return self._moment

    def _question(self) -> asyncio.Task[None]:
        """The one that the database is being asked."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(_heard)
        return self._asking

    async def _ask(self) -> None:
        commits, asked = self._store.commits, time.monotonic()
        self._moment = await run_in_threadpool(self._store.moment)
        self._commits, self._asked = commits, asked

    def _kept(self, key: _Key, moment: str) -> _Page | None:
        page = self._pages.get(key)
        if page is None or page.moment != moment or _is_old(page):
            return None
        self._pages.move_to_end(key)
        return page

    def _keep(self, key: _Key, page: _Page) -> None:
        self._forget(key)
        if len(key[1]) + len(key[2]) > _LONGEST_QUERY:
            return
        self._pages[key] = page
        self._size += _weight(key, page)
        for each, longest_unused in list(islice(self._pages.items(), _DROPPED)):
            if _is_old(longest_unused):
                self._forget(each)
        while self._size > _ROOM:
            self._forget(next(iter(self._pages)))

    def _forget(self, key: _Key) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self._size -= _weight(key, page)


class PageRoute(APIRoute):
    """A route whose answers are pages; they may depend on path, query and `Accept`, and on the database alone."""

    def get_route_handler(self) -> _Handler:
        """The route's own handler, asked where no page is kept."""
        make = super().get_route_handler()

        async def handle(request: Request) -> Response:
            pages: Pages = request.app.state.pages
            return await pages.answer(request, make)

        return handle


def _page(response: Response, moment: str, made: float) -> _Page:
    body = bytes(response.body)
    headers = dict(response.headers)
    headers["etag"] = f'"{hashlib.sha256(body + headers.get("link", "").encode()).hexdigest()[:32]}"'
    headers.setdefault("cache-control", "public, no-cache")
    headers.setdefault("vary", "Accept")
    return _Page(moment, made, body, headers, Response(body, headers=headers).raw_headers)


def _is_old(page: _Page) -> bool:
    """Whether it must not be served any more."""
    return page.made < time.monotonic() - OLDEST


def _heard(asked: asyncio.Task[None]) -> None:
    """An error is told to those who wait; where nobody does, the next one asks again."""
    if not asked.cancelled():
        asked.exception()


def _weight(key: _Key, page: _Page) -> int:
    return len(page.body) + len(key[1]) + len(key[2]) + 1000
