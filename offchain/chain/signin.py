"""Sign-in with Ethereum (EIP-4361): composing the message, and judging what comes back.

The message is judged by the library `siwe`, strictly: domain, URI, chain and nonce must be those expected. Keys,
ERC-1271 contracts and contracts that are not deployed yet (ERC-6492) can sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import ValidationError
from requests import RequestException
from siwe import ExpiredMessage, ISO8601Datetime, SiweMessage, VerificationError, generate_nonce
from siwe.siwe import VersionEnum
from web3.exceptions import Web3Exception

from offchain.chain.address import parse_address
from offchain.chain.client import Client
from offchain.errors import DeniedError, InputError, UnavailableError

__all__ = ["Place", "compose", "new_nonce", "require_message", "require_signed_in"]

_STATEMENT: Final = "Sign in to Colophon. This costs nothing and moves nothing."
_LIFE: Final = timedelta(minutes=5)
_SKEW: Final = timedelta(minutes=1)
"""How far a wallet's clock may run ahead of ours."""

_LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account signs in.

    Attributes:
        domain: RFC 3986 authority, e.g. `colophon.example`.
        uri: of the service.
        chain_id: chain on which contract accounts are asked.
    """

    domain: str
    uri: str
    chain_id: int


def new_nonce() -> str:
    """Letters and digits that nobody guesses."""
    nonce: str = generate_nonce()
    return nonce


def compose(place: Place, account: str, nonce: str, now: datetime) -> str:
    """The message that an account signs by `personal_sign` (EIP-191)."""
    message = SiweMessage(
        domain=place.domain,
        address=parse_address(account),
        uri=place.uri,
        version=VersionEnum.one,
        chain_id=place.chain_id,
        nonce=nonce,
        statement=_STATEMENT,
        issued_at=ISO8601Datetime.from_datetime(now),
        expiration_time=ISO8601Datetime.from_datetime(now + _LIFE),
    )
    text: str = message.prepare_message()
    return text


def require_message(text: str) -> None:
    """Let through what is a sign-in message at all, whoever made it.

    Raises:
        InputError: `message-malformed`.
    """
    _parsed(text)


def require_signed_in(client: Client, place: Place, text: str, signature: bytes, now: datetime) -> str:
    """The account that signed a message, EIP-55.

    The caller has found out that these very bytes were handed out, so statement, resources and account are ours too,
    and has seen to it that they serve once.

    Raises:
        InputError: `message-malformed`.
        DeniedError: `sign-in-refused`, with what is wrong.
        UnavailableError: `chain-down`, where a contract must be asked.
    """
    message = _parsed(text)
    issued = datetime.fromisoformat(str(message.issued_at))
    if not now - _LIFE <= issued <= now + _SKEW:
        raise _refused("it was issued at another time; the clock may be wrong")
    try:
        message.verify(
            "0x" + signature.hex(),
            domain=place.domain,
            uri=place.uri,
            chain_id=place.chain_id,
            nonce=message.nonce,
            timestamp=now,
            provider=client.w3.provider,
            strict=True,
        )
    except ExpiredMessage as error:
        raise _refused("it has expired") from error
    except VerificationError as error:
        raise _refused(_reason(error)) from error
    except (RequestException, Web3Exception) as error:
        raise UnavailableError("chain-down", "the chain's node does not answer", "try again in a moment") from error
    return parse_address(message.address)


def _parsed(text: str) -> SiweMessage:
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long")
        message = SiweMessage.from_message(text)
    except (ValidationError, ValueError, RecursionError) as error:
        raise InputError(
            "message-malformed", "this is no sign-in message (EIP-4361)", "ask for one at /v1/auth/challenge"
        ) from error
    if message.prepare_message() != text:
        raise InputError("message-malformed", "the sign-in message is not in its canonical form", "send it unchanged")
    return message


def _reason(error: VerificationError) -> str:
    """`DomainMismatch` is "domain mismatch"."""
    name = type(error).__name__
    return "it has a " + "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _refused(why: str) -> DeniedError:
    return DeniedError(
        "sign-in-refused", f"the sign-in message is not accepted: {why}", "ask for a new one, and sign it unchanged"
    )
