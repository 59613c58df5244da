"""The IPFS client library, made safe against its server.

ipfshttpclient 0.8.0a2 reads an answer of stated or open length in one piece, however long or slow it is. Here every
answer is read as it arrives, and ends when it is too long or too slow.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

import ipfshttpclient
from ipfshttpclient import exceptions as ipfs
from ipfshttpclient import multipart
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
_SENT_PIECE: Final = 2**18
"""Bytes handed to the connection at a time; the library's 8 KiB cost three times the processor time."""
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
            super().__init__(address, timeout=patience, chunk_size=_SENT_PIECE)
        except ipfs.AddressError as error:
            raise InputError(
                "ipfs-url-malformed", f"{shown_url(url)} names no possible host", "write http://HOST:PORT"
            ) from error
        self._client = _BoundedTransport(address, "api/v0", timeout=patience)

    def import_car(self, car: Iterable[bytes], patience: float) -> list[Any]:
        """Send a CAR file and pin its roots; the documents that the node answers.

        Args:
            car: the pieces of the file.
            patience: seconds that the node may work in silence after the last piece.
        """
        body, headers = multipart.stream_bytes(car, chunk_size=self.chunk_size)
        options = {"pin-roots": "true"}
        # The connection's own patience also holds while pieces are sent, and a node at work may take a while.
        answer: list[Any] = self._client.request(
            "/dag/import", decoder="json", data=body, headers=headers, opts=options, timeout=(patience, patience)
        )
        return answer

    def remove_block(self, cid: str) -> None:
        """Remove one block; what the node says about it is not read."""
        self._client.request("/block/rm", (cid,), opts={"force": "true"})


class _BoundedTransport(ClientSync):  # type: ignore[misc]  # the library ships no types
    def _request(
        self, method: str, path: str, params: Sequence[tuple[str, str]], **options: object
    ) -> tuple[list[Response], Iterator[bytes]]:
        data = options.get("data")
        if isinstance(data, Iterator):
            options["data"] = _paced(data, self._default_timeout[1])
        try:
            closables, _ = super()._request(method, path, params, **options)
        except ipfs.ProtocolError as error:
            # The library takes a node that stops reading for one that speaks wrongly.
            if isinstance(error.original and error.original.args[-1], TimeoutError):
                raise ipfs.TimeoutError(error) from error
            raise
        # The response comes first among what has to be closed.
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


def _paced(pieces: Iterator[bytes], timeout: float) -> Iterator[bytes]:
    """Hand on what is sent, as long as the node takes it.

    Raises:
        ipfs.TimeoutError: it takes less than `_MIN_RATE`.
    """
    taking, sent = 0.0, 0
    for piece in pieces:
        if taking > timeout + sent / _MIN_RATE:
            raise ipfs.TimeoutError(None, f"only {sent} bytes were taken")
        begun = time.monotonic()
        yield piece
        taking += time.monotonic() - begun
        sent += len(piece)


def _pieces(response: HTTPResponse, timeout: float, limit: int | None) -> Iterator[bytes]:
    """Yield what arrives, when it arrives.

    Raises:
        ipfs.TimeoutError: silence, or a drip.
        ipfs.ProtocolError: broken off, or longer than `limit` bytes.
    """
    # Only the node's time counts: whoever reads may be a player that has been paused.
    waited, received = 0.0, 0
    try:
        while True:
            begun = time.monotonic()
            piece = response.read1(_PIECE, decode_content=True)
            waited += time.monotonic() - begun
            if not piece:
                return
            received += len(piece)
            if limit is not None and received > limit:
                raise ipfs.ProtocolError(None, f"the answer is longer than {limit} bytes")
            if waited > timeout + received / _MIN_RATE:
                raise ipfs.TimeoutError(None, f"only {received} bytes came")
            yield piece
    except ReadTimeoutError as error:
        raise ipfs.TimeoutError(error) from error
    except HTTPError as error:
        raise ipfs.ProtocolError(error) from error
