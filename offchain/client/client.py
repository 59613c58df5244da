"""`Colophon`: a service's operations, signing in with a wallet, and waiting for jobs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Protocol, Self

from eth_account.messages import encode_defunct, encode_typed_data

from offchain.client.models import JobOut
from offchain.client.operations import Operations
from offchain.errors import RefusedError, UnavailableError

__all__ = ["Colophon", "Wallet"]

_POLLS: Final = (0.2, 2.0)
"""Seconds between looks at a job: at first, and when it has run for long."""


class Wallet(Protocol):
    """An account that signs; `eth_account`'s LocalAccount is one."""

    @property
    def address(self) -> str:
        """EIP-55 address."""

    def sign_message(self, signable_message: Any) -> Any:  # noqa: ANN401 - eth_account's own types
        """Sign an EIP-191 message; the result has `signature`."""


class Colophon(Operations):
    """A Colophon service; every operation of its OpenAPI document is a method.

    Errors are those of `offchain.errors`, as the service told them. Use it in a `with` block, or close it.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def sign_in(self, wallet: Wallet) -> str:
        """Sign in with a wallet (EIP-4361); later calls are the account's until the session ends.

        Returns:
            The session's access token.

        Raises:
            DeniedError: the service does not accept the signature.
        """
        message = self.make_challenge({"account": wallet.address})["message"]
        signature = wallet.sign_message(encode_defunct(text=message)).signature
        session = self.open_session({"message": message, "signature": "0x" + bytes(signature).hex()})
        self._token = session["access_token"]
        return self._token

    def settled(self, job: JobOut, timeout: float = 600.0) -> JobOut:
        """Wait until a job needs somebody or has ended well.

        Raises:
            RefusedError: what the job failed with, or waits for, under its code.
            UnavailableError: `job-slow`, it still runs.
        """
        deadline, pause = time.monotonic() + timeout, _POLLS[0]
        while job["state"] == "running":
            if time.monotonic() > deadline:
                raise UnavailableError("job-slow", f"the job still runs after {timeout:g} s", "look again later")
            time.sleep(pause)
            pause = min(pause * 1.25, _POLLS[1])
            job = self.get_job(job["id"])
        problem = job["error"]
        if problem is not None:
            raise RefusedError(problem["code"], problem["detail"], problem["remedy"], job=job["id"])
        return job

    def sign(self, job: JobOut, wallet: Wallet) -> JobOut:
        """Sign what a job waits for, and hand it in."""
        if job["typed_data"] is None:
            raise RefusedError(
                "not-awaiting-signature", f"this job is {job['state']}", "sign when it awaits a signature"
            )
        return self.sign_job(job["id"], {"signature": signed(wallet, job["typed_data"])})


def signed(wallet: Wallet, typed: Mapping[str, Any]) -> str:
    """A wallet's signature over EIP-712 typed data, as `0x` and hex."""
    return "0x" + bytes(wallet.sign_message(encode_typed_data(full_message=dict(typed))).signature).hex()
