"""Jobs as they are told, put together from the workflows that a journal has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from offchain.api.schemas.jobs import job_out
from offchain.chain import Call
from offchain.workflows.jobs import STEPS, Draft, Job, Waiting, WalletCall, fold_job

FIRST, SECOND = STEPS["registration"], STEPS["registration.publish"]
ADA, REGISTRY = "0x" + "1F" * 20, "0x" + "2E" * 20
CALLS = (
    WalletCall("commit", 1337, ADA, Call(REGISTRY, b"\x01\x02", 0)),
    WalletCall("register", 1337, ADA, Call(REGISTRY, b"\x03", 10**20)),
)


def ended(output: Any) -> Any:
    """A workflow that ended with something, as the journal tells it."""
    return SimpleNamespace(
        status="SUCCESS", output=output, error=None, input=None, name="", workflow_id="registration-1"
    )


def folded(*workflows: tuple[Any, tuple[str, ...]]) -> Job:
    return fold_job("registration-1", [ended(output) for output, _ in workflows], [done for _, done in workflows])


def drafted(**changed: Any) -> tuple[Draft, tuple[str, ...]]:
    return Draft({"typed": None, "calls": CALLS, "similar": ()} | changed), FIRST


def test_fold_job__wallet_is_awaited__tells_its_transactions_and_no_typed_data():
    job = folded(drafted())
    assert (job.state, job.typed, job.result, job.calls) == ("awaiting-signature", None, None, CALLS)


def test_fold_job__draft_of_a_relayed_one__tells_no_transactions():
    """As drafts had none that were made before wallets could send."""
    draft = Draft({"typed": {"message": {}}, "similar": ()})
    assert (folded((draft, FIRST)).typed, folded((draft, FIRST)).calls) == ({"message": {}}, ())


@pytest.mark.parametrize("left", [2, 4])
def test_fold_job__ended_waiting__runs_and_what_shall_run_again_is_not_done(left: int):
    """The steps that looked in vain are in the journal as done."""
    job = folded(drafted(), (Waiting(SECOND[-left:]), SECOND))
    assert (job.state, job.result, job.error, job.calls) == ("running", None, None, CALLS)
    assert [step.state for step in job.steps[-left:]] == ["running", *["pending"] * (left - 1)]
    assert [step.state for step in job.steps[:-left]] == ["done"] * (len(FIRST) + 4 - left)
    assert job.progress == round(1 - left / 10, 4)


def test_fold_job__done__asks_for_no_transaction_any_more():
    job = folded(drafted(), ({"work": "0x1"}, SECOND))
    assert (job.state, job.result, job.calls, job.progress) == ("done", {"work": "0x1"}, (), 1.0)


def test_job_out__transactions__are_what_wallets_take():
    """`eth_sendTransaction`: quantities in hex without leading zeros, data in hex."""
    told = job_out(folded(drafted())).model_dump(mode="json")["transactions"]
    plain = {"chainId": "0x539", "from": ADA, "to": REGISTRY}
    assert told == [
        {"step": "commit", "transaction": plain | {"data": "0x0102", "value": "0x0"}},
        {"step": "register", "transaction": plain | {"data": "0x03", "value": "0x56bc75e2d63100000"}},
    ]
