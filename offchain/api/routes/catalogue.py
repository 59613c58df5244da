"""The catalogue: find works, read one, see what it derives from and what derives from it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from offchain.api.deps import ServicesDep
from offchain.api.links import next_page
from offchain.api.negotiation import preferred
from offchain.api.pages import PageRoute
from offchain.api.schemas.catalogue import WorksQuery
from offchain.api.schemas.fields import WorkId, to_work
from offchain.api.schemas.graph import GraphOut, graph_out
from offchain.api.schemas.works import WorkOut, WorksOut, work_out
from offchain.workflows.catalogue import describe, list_works
from offchain.workflows.graph import MOST_WORKS, Direction, graph_of, picture_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/works", tags=["works"], route_class=PageRoute)

_SVG: Final = "image/svg+xml"
_JSON: Final = "application/json"

_Depth = Annotated[int, Query(ge=1, le=32, description="most edges from the work")]

_GRAPHS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": GraphOut,
        "description": "The graph, or its picture",
        "content": {_SVG: {"schema": {"type": "string"}}},
    },
    304: {"description": "The caller has it"},
}
_CURRENT: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "The caller has it"}}


@router.get("", operation_id="listWorks", responses=_CURRENT)
def get_works(
    request: Request, response: Response, services: ServicesDep, asked: Annotated[WorksQuery, Query()]
) -> WorksOut:
    """Registered works, newest first, or with `q` the best matches first.

    The `Link` header leads to the next page (RFC 8288). A walk over all pages meets every work that was there when it
    began exactly once, whatever comes in the meantime.
    """
    page = list_works(services, asked.wanted(), asked.limit, after=asked.place(), for_sale=asked.for_sale)
    following = None if page.next is None else asked.cursor_of(page.next)
    if following is not None:
        response.headers["Link"] = next_page(request, following)
    return WorksOut(items=list(map(work_out, page.works)), next=following)


@router.get("/{work}", operation_id="getWork", responses=_CURRENT)
def get_work(work: Annotated[WorkId, Path()], services: ServicesDep, response: Response) -> WorkOut:
    """A registered work, with the works it derives from and those that derive from it."""
    view = describe(services, to_work(work))
    if view.unreachable:  # its metadata may come at any time, and no table will say so
        response.headers["Cache-Control"] = "no-store"
    return work_out(view)


@router.get("/{work}/graph", operation_id="getGraph", response_class=Response, responses=_GRAPHS)
def get_graph(
    work: Annotated[WorkId, Path()],
    request: Request,
    services: ServicesDep,
    direction: Annotated[Direction, Query(description="`up` to what it derives from")] = "both",
    depth: _Depth = 4,
    limit: Annotated[int, Query(ge=1, le=MOST_WORKS, description="most works")] = MOST_WORKS,
) -> Response:
    """Works and shares around a work, nearest first; with `Accept: image/svg+xml` as a picture."""
    graph = graph_of(services, to_work(work), direction, depth, limit)
    if preferred(request.headers.get("accept", ""), (_JSON, _SVG)) == _JSON:
        return JSONResponse(graph_out(graph).model_dump(mode="json"))
    return _drawn(picture_of(graph))


@router.get(
    "/{work}/graph.svg",
    operation_id="getGraphPicture",
    response_class=Response,
    responses={200: {"description": "An SVG document", "content": {_SVG: {"schema": {"type": "string"}}}}, **_CURRENT},
)
def get_graph_picture(
    work: Annotated[WorkId, Path()],
    services: ServicesDep,
    direction: Annotated[Direction, Query(description="`up` to what it derives from")] = "both",
    depth: _Depth = 4,
) -> Response:
    """The graph as a picture, for pages that show it by its address."""
    return _drawn(picture_of(graph_of(services, to_work(work), direction, depth)))


def _drawn(picture: str) -> Response:
    # A browser that opens it alone must neither load nor run anything.
    policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return Response(picture, media_type=_SVG, headers={"Content-Security-Policy": policy})
