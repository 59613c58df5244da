"""What is said of an answer that is not proven, whichever model it is of: no price leaves such a solve."""

from __future__ import annotations

from offchain.errors import RefusedError

__all__ = ["not_proven", "solver_failed"]


def not_proven(what: str, reason: str) -> RefusedError:
    """`price-uncertified`: a certificate that does not hold.

    Args:
        what: e.g. `these prices`.
        reason: the claim that fails.
    """
    return RefusedError(
        "price-uncertified",
        f"the certificate does not prove {what}: {reason}",
        "solve the problem again; if it stays so, report the input",
    )


def solver_failed(scale: str, message: str) -> RefusedError:
    """`price-uncertified`: a solver that ended without an optimum.

    Args:
        scale: what may be out of proportion, e.g. `demand and prices`.
        message: the solver's own words.
    """
    return RefusedError(
        "price-uncertified",
        f"the solver ended without an optimum: {message}",
        f"check the scale of {scale}; report the input if they are sound",
    )
