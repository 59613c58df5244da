"""The IPFS client library, made safe against its server.

ipfshttpclient 0.8.0a2 reads an answer of stated or open length in one piece, however long or slow it is. Here every
answer is read as it arrives, and ends when it is too long or too slow.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Final

import ipfshttpclient
from ipfshttpclient import exceptions as ipfs
from ipfshttpclient.http_requests import ClientSync
from requests import Response
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError, ReadTimeoutError

from offchain.config import shown_url
from offchain.errors import InputError
from offchain.storage.rpc import multiaddr

__all__ = ["BoundedClient"]

_CONNECT_SECONDS: Final = 5.0
_PIECE: Final = 2**16
_MIN_RATE: Final = 2**16
"""Bytes a second below which an answer is given up, once the time-out has passed."""
_MAX_REPLY: Final = 2**20
"""Bytes of an answer that is not file content."""

# The library passes urllib3 an argument of its past; nobody who sees the warning can act on it.
warnings.filterwarnings("ignore", message="The 'strict' parameter is no longer needed", category=FutureWarning)


class BoundedClient(ipfshttpclient.Client):  # type: ignore[misc]  # the library ships no types
    """An `ipfshttpclient.Client` whose every call ends.

    Args:
        url: of the node's RPC, `http(s)://HOST[:PORT]`.
        timeout: seconds of silence after which a call ends; connecting has at most 5.

    Raises:
        InputError: `ipfs-url-malformed`.
    """

    def __init__(self, url: str, timeout: float) -> None:
        address, patience = multiaddr(url), (min(_CONNECT_SECONDS, timeout), timeout)
        try:
            super().__init__(address, timeout=patience)
        except ipfs.AddressError as error:
            raise InputError(
                "ipfs-url-malformed", f"{shown_url(url)} names no possible host", "write http://HOST:PORT"
            ) from error
        self._client = _BoundedTransport(address, "api/v0", timeout=patience)


class _BoundedTransport(ClientSync):  # type: ignore[misc]  # the library ships no types
    def _request(
        self, method: str, path: str, params: Sequence[tuple[str, str]], **options: object
    ) -> tuple[list[Response], Iterator[bytes]]:
        # The response comes first among what has to be closed.
        closables, _ = super()._request(method, path, params, **options)
        return closables, self._pieces(closables[0], None if path == "/cat" else _MAX_REPLY)

    def _do_raise_for_status(self, response: Response) -> None:
        if response.status_code < HTTPStatus.BAD_REQUEST:
            return
        body = b"".join(self._pieces(response, _MAX_REPLY))
        try:
            message = json.loads(body)["Message"]
        except (ValueError, LookupError, TypeError) as error:
            raise ipfs.StatusError(error, f"HTTP status {response.status_code}") from error
        raise ipfs.ErrorResponse(str(message), None)

    def _pieces(self, response: Response, limit: int | None) -> Iterator[bytes]:
        return _pieces(response.raw, self._default_timeout[1], limit)


def _pieces(response: HTTPResponse, timeout: float, limit: int | None) -> Iterator[bytes]:
    """Yield what arrives, when it arrives.

    Raises:
        ipfs.TimeoutError: silence, or a drip.
        ipfs.ProtocolError: broken off, or longer than `limit` bytes.
    """
    started, received = time.monotonic(), 0
    try:
        while piece := response.read1(_PIECE, decode_content=True):
            received += len(piece)
            if limit is not None and received > limit:
                raise ipfs.ProtocolError(None, f"the answer is longer than {limit} bytes")
            if time.monotonic() - started > timeout + received / _MIN_RATE:
                raise ipfs.TimeoutError(None, f"only {received} bytes came")
            yield piece
    except ReadTimeoutError as error:
        raise ipfs.TimeoutError(error) from error
    except HTTPError as error:
        raise ipfs.ProtocolError(error) from error
