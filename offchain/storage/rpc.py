"""How an IPFS node's RPC is addressed, and what its failures are called here.

ipfs-down      nobody answers at the URL        ipfs-failed    the node refuses, or is no IPFS node
ipfs-timeout   silence for too long             content-not-found   the node says it has no such content
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from ipfshttpclient import exceptions as ipfs

from offchain.config import shown_url
from offchain.errors import ColophonError, InputError, NotFoundError, UnavailableError

__all__ = ["answering", "multiaddr"]


def multiaddr(url: str) -> str:
    """Rewrite `http(s)://HOST[:PORT]` as the multiaddr that the client library wants.

    Raises:
        InputError: `ipfs-url-malformed`.
    """
    try:
        parts = urlsplit(url)
        standard_port = {"http": 80, "https": 443}[parts.scheme]
        port = parts.port or standard_port
    except (ValueError, KeyError) as error:
        raise _malformed(url) from error
    if not parts.hostname or parts.path.strip("/"):
        raise _malformed(url)
    return f"/{_kind(parts.hostname)}/{parts.hostname}/tcp/{port}/{parts.scheme}"


@contextmanager
def answering(url: str, cid: str) -> Iterator[None]:
    """Turn what the client library raises, when asked about `cid`, into our errors.

    Raises:
        NotFoundError: `content-not-found`.
        UnavailableError: `ipfs-down`, `ipfs-timeout` or `ipfs-failed`.
    """
    try:
        yield
    except ipfs.ErrorResponse as error:
        raise _refused(url, cid, str(error)) from error
    except ipfs.ConnectionError as error:
        raise UnavailableError(
            "ipfs-down",
            f"no IPFS node answers at {shown_url(url)}",
            "start one with make up, or point COLOPHON_IPFS_URL at a running node",
        ) from error
    except ipfs.TimeoutError as error:
        raise UnavailableError(
            "ipfs-timeout",
            f"the IPFS node at {shown_url(url)} does not answer in time about {cid}",
            "pin the content again if no node may have it, else try again",
        ) from error
    # After ipfs.Error: the library's own assertions and subscripts on the shape of an answer.
    except (ipfs.Error, AssertionError, LookupError, TypeError) as error:
        raise UnavailableError(
            "ipfs-failed",
            f"what answers at {shown_url(url)} does not speak as an IPFS node should: {error}",
            "check COLOPHON_IPFS_URL and the node's log",
        ) from error


def _kind(host: str) -> str:
    try:
        return f"ip{ipaddress.ip_address(host).version}"
    except ValueError:
        return "dns"


def _malformed(url: str) -> InputError:
    return InputError("ipfs-url-malformed", f"{shown_url(url)} is not the URL of an IPFS RPC", "write http://HOST:PORT")


def _refused(url: str, cid: str, message: str) -> ColophonError:
    # Neither server has error codes; these words are common to Kubo and js-ipfs.
    if any(words in message for words in ("not pinned", "not found", "could not find")):
        return NotFoundError("content-not-found", f"the IPFS node at {shown_url(url)} has no {cid}", "pin it again")
    return UnavailableError(
        "ipfs-failed", f"the IPFS node at {shown_url(url)} refused: {message}", "read the node's log", cid=cid
    )
