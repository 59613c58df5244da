"""A job that a command waits for: what its owner is told when it stops."""

from __future__ import annotations

from typing import Any, cast

import pytest

from offchain.cli.opening import Signed, finish
from offchain.errors import UnavailableError
from offchain.workflows.jobs import Job


def test_finish__transaction_still_on_its_way__names_the_job_and_does_not_ask_for_the_same_command():
    """The job is made up: a chain leaves one so only after two minutes."""
    pending = UnavailableError("transaction-pending", "not mined in time", "run the same again")
    job = Job("purchase-1", "purchase", "interrupted", (), 0.5, error=pending)

    class Stopped:
        def wait(self, *_: object) -> Job:
            return job

    with pytest.raises(UnavailableError) as told:
        finish(cast("Signed", None), cast("Any", Stopped()), job, "buying")
    assert told.value.remedy == "go on with colophon jobs purchase-1 --retry"
    assert (told.value.code, told.value.facts["job"]) == ("transaction-pending", "purchase-1")
