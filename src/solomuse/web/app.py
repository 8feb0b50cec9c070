"""The page and what it asks for, over HTTP.

======  ====================================  ===========================================================
GET     /                                     the page
GET     /api/choices                          what can be asked for
POST    /api/chart?name=&song=&key=           a chart, from the text or the file that is sent
POST    /api/line?name=                       keep the melody of the file that is sent
POST    /api/solos                            play: a wish, as `solomuse.web.wishes` says
GET     /api/solos/{id}/{name}?wish=          a file of a solo: ``solo.mid``, ``solo.wav``, ``solo.band.wav`` ...
GET     /api/solos/{id}/pages?wish=           its engraved pages, as a list of SVG
======  ====================================  ===========================================================

What cannot be done is answered with the status 400, what is not kept any more with 404, both with ``{"error": text}``.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from solomuse.errors import ConfigError, SoloMuseError
from solomuse.web.studio import GoneError, Studio

PAGE = Path(__file__).with_name("page")
MOST_BYTES = 20_000_000
"""Of what is sent: more than any chart or melody has."""

SENT_AS = ("application/json", "application/octet-stream")
"""Types that the page of another site cannot send here unasked, as it could plain text or a form."""

TYPES = {".musicxml": "application/vnd.recordare.musicxml+xml", ".abc": "text/vnd.abc", ".mid": "audio/midi"}


class Page(StaticFiles):
    """The page's files, each asked for anew: after an update those that a browser has would not go with the others."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, or that it has not changed."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def application(studio: Studio, hosts: Sequence[str]) -> Starlette:
    """The page of a studio.

    Parameters
    ----------
    hosts : sequence of str
        Under which names it answers, so that no other site can reach it by a name of its own; ``*`` for all.
    """

    async def choices(_request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(studio.choices))

    async def chart(request: Request) -> Response:
        asked, data = request.query_params, await _sent(request)
        name, song, key = asked.get("name") or "chart.txt", asked.get("song") or None, asked.get("key") or None
        return JSONResponse(await run_in_threadpool(studio.charts, data, name, song, key))

    async def line(request: Request) -> Response:
        name, data = request.query_params.get("name", ""), await _sent(request)
        return JSONResponse(await run_in_threadpool(studio.line, data, name))

    async def solos(request: Request) -> Response:
        wish = _wish(await _sent(request))
        return JSONResponse({"solos": await run_in_threadpool(studio.play, wish)})

    async def file(request: Request) -> Response:
        identity, name = request.path_params["identity"], request.path_params["name"]
        data = await run_in_threadpool(studio.file, identity, name, _wish_of(request))
        ending = Path(name).suffix.lower()
        kind = TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(data, media_type=kind)

    async def pages(request: Request) -> Response:
        found = await run_in_threadpool(studio.pages, request.path_params["identity"], _wish_of(request))
        return JSONResponse(found)

    routes = [
        Route("/api/choices", _answered(choices)),
        Route("/api/chart", _answered(chart), methods=["POST"]),
        Route("/api/line", _answered(line), methods=["POST"]),
        Route("/api/solos", _answered(solos), methods=["POST"]),
        Route("/api/solos/{identity}/pages", _answered(pages)),
        Route("/api/solos/{identity}/{name}", _answered(file)),
        Mount("/", Page(directory=PAGE, html=True)),
    ]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))])


def _answered(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The answer to a request, or in a line why there is none."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except GoneError as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        except SoloMuseError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return answered


async def _sent(request: Request) -> bytes:
    """What a request sends."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in SENT_AS:
        raise ConfigError(f"the request sends {kind or 'no type'}: expected {' or '.join(SENT_AS)}")
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            raise ConfigError(f"the file is larger than {MOST_BYTES // 1_000_000} MB: give a smaller one")
    return bytes(data)


def _wish_of(request: Request) -> dict[str, Any]:
    return _wish(request.query_params.get("wish", "{}").encode())


def _wish(data: bytes) -> dict[str, Any]:
    """A wish from JSON."""
    try:
        wish = json.loads(data)
    except (ValueError, RecursionError):
        wish = None
    if not isinstance(wish, dict):
        raise ConfigError("the request is no JSON object")
    return wish
