"""What people sign about content keys: to be given one, to see who was; the service checks it, no contract does."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KeyLogRequest", "KeyRequest"]


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A wish for a content key, wrapped to an age recipient; the signature binds the recipient to the wallet.

    Attributes:
        account: who asks and signs: holds the licence or one of its seats, or the title.
        work: whose content is to be opened.
        licence: by which licence; zero for the holder of the title.
        recipient: X25519 recipient of age, `age1…`.
        nonce: any number that the account has not used before.
        deadline: Unix seconds after which it is void.
    """

    account: str
    work: int
    licence: int
    recipient: str
    nonce: int
    deadline: int


@dataclass(frozen=True, slots=True)
class KeyLogRequest:
    """A wish of the title's holder to see to whom the work's key was released.

    It only reads, so it may be sent as often as one likes until `deadline` (Unix seconds), but to one service: another
    that it was sent to could else have the log of the first one's customers.

    Attributes:
        account: who asks and signs: holds the title.
        work: whose key it is about.
        service: scheme, host and port of the service that is asked, e.g. `https://colophon.example`.
        deadline: Unix seconds after which it is void.
    """

    account: str
    work: int
    service: str
    deadline: int
