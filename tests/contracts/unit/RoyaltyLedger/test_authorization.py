"""ERC-3009: the buyer's one signature pays, once, the ledger alone."""

from __future__ import annotations

import pytest
from eth_account.messages import SignableMessage, encode_typed_data

from tests.contracts.reverts import reverts
from tests.contracts.signing import key_of
from tests.contracts.world import DOLLAR, NATIVE, now

NONCE = b"\x11" * 32
MOVE = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
MEMBERS = {
    "ReceiveWithAuthorization": MOVE,
    "TransferWithAuthorization": MOVE,
    "CancelAuthorization": "address authorizer,bytes32 nonce",
}
"""The types of ERC-3009, section "Specification"."""


@pytest.fixture(scope="module")
def world(bench):
    return bench


def typed(token, primary: str, message: dict[str, object]) -> SignableMessage:
    """A message of ERC-3009 under the token's domain."""
    members = [dict(zip(("type", "name"), one.split(" "), strict=True)) for one in MEMBERS[primary].split(",")]
    domain = {"name": "TestDollar", "version": "1", "chainId": 1337, "verifyingContract": token.address}
    return encode_typed_data(domain_data=domain, message_types={primary: members}, message_data=message)


def sign(account, message: SignableMessage) -> bytes:
    """65 bytes r ‖ s ‖ v."""
    return bytes(key_of(account).sign_message(message).signature)


@pytest.fixture
def purse(world, buyer):
    """A buyer with a thousand dollars and no allowance."""
    world.dollar.mint(buyer, 1000, {"from": buyer})
    return buyer


@pytest.fixture
def authorize(world, purse):
    """The buyer's authorization of 600 for the ledger, changed; abi.encode(validAfter, validBefore, nonce, v, r, s)."""

    def run(signer=None, primary="ReceiveWithAuthorization", **changes):
        message = {
            "from": str(purse),
            "to": world.ledger.address,
            "value": 600,
            "validAfter": 0,
            "validBefore": now() + 3600,
            "nonce": NONCE,
            **changes,
        }
        signature = sign(signer or purse, typed(world.dollar, primary, message))
        times = [message[name].to_bytes(32, "big") for name in ("validAfter", "validBefore")]
        v = signature[64:].rjust(32, b"\0")
        return b"".join([*times, message["nonce"], v, signature[:32], signature[32:64]])

    return run


def test_deposit_from__authorization__takes_exactly_that_once(world, ledger, dollar, purse, creator, work, authorize):
    signed = authorize()
    done = world.pay_from(purse, work, DOLLAR, 600, proof=signed)
    assert dict(done.events["AuthorizationUsed"]) == {"authorizer": purse, "nonce": "0x" + NONCE.hex()}
    assert done.events["Deposited"]["amount"] == 600
    assert (dollar.balanceOf(purse), dollar.balanceOf(ledger)) == (400, 600)
    assert ledger.claimable(work, DOLLAR, creator) == 600
    assert dollar.authorizationState(purse, NONCE)
    with reverts("TestDollar__AuthorizationUsed", purse, NONCE):
        world.pay_from(purse, work, DOLLAR, 600, proof=signed)


def test_deposit_from__authorization_for_a_held_sale__held(world, ledger, purse, work, authorize):
    world.pay_from(purse, work, DOLLAR, 600, held=now() // 86_400, proof=authorize())
    assert (ledger.heldOf(work, DOLLAR, now() // 86_400), ledger.grossOf(work, DOLLAR)) == (600, 0)


def test_deposit_from__other_amount_or_payer__signature_is_void(world, purse, rival, work, authorize):
    """R4: the amount and the payer are signed."""
    with reverts("TestDollar__BadSignature", purse):
        world.pay_from(purse, work, DOLLAR, 601, proof=authorize())
    with reverts("TestDollar__BadSignature", rival):
        world.pay_from(rival, work, DOLLAR, 600, proof=authorize())
    with reverts("TestDollar__BadSignature", purse):
        world.pay_from(purse, work, DOLLAR, 600, proof=authorize(signer=rival))


def test_deposit_from__signed_for_anybody_to_carry__not_received(world, purse, work, authorize):
    """The two messages of ERC-3009 have types of their own."""
    with reverts("TestDollar__BadSignature", purse):
        world.pay_from(purse, work, DOLLAR, 600, proof=authorize(primary="TransferWithAuthorization"))


def test_deposit_from__outside_its_time__refused(world, purse, work, authorize):
    early, late = now() + 1000, now() - 1
    with reverts("TestDollar__NotYetValid", early):
        world.pay_from(purse, work, DOLLAR, 600, proof=authorize(validAfter=early))
    with reverts("TestDollar__Expired", late):
        world.pay_from(purse, work, DOLLAR, 600, proof=authorize(validBefore=late))


def test_deposit_from__authorization_and_coins__refused(world, purse, work, authorize):
    with reverts("RoyaltyLedger__WrongValue", 1, 0):
        world.pay_from(purse, work, DOLLAR, 600, proof=authorize(), value=1)


def test_deposit_from__authorization_cut_short__refused(world, purse, work, authorize):
    """The token decodes what it is sent: five words are no authorization."""
    with pytest.raises(Exception, match="revert"):
        world.pay_from(purse, work, DOLLAR, 600, proof=authorize()[:160])


def test_deposit_from__token_without_erc3009__refused(world, purse, work, authorize):
    token, number = world.add_token("PlainToken", 6)
    with pytest.raises(Exception, match="revert"):
        world.pay_from(purse, work, number, 600, proof=authorize())
    assert token.balanceOf(world.ledger) == 0


def test_deposit_from__authorization_by_a_stranger__refused(ledger, purse, stranger, work, authorize):
    """M7: even a signed authorization names what it pays for only through Licensing."""
    with reverts("RoyaltyLedger__NotLicensing", stranger):
        ledger.depositFrom(purse, work, DOLLAR, 600, 0, authorize(), {"from": stranger})


def test_deposit_from__token_calls_back_from_its_authorization__locked(world, ledger, purse, stranger, work):
    """R7: a deposit inside the deposit would be counted twice by balance difference."""
    token, number = world.add_token("ReentrantToken")
    token.lay(ledger, ledger.deposit.encode_input(work, number, 1), {"from": stranger})
    token.lay(ledger, ledger.claim.encode_input([work], number, token), {"from": stranger})
    world.pay_from(purse, work, number, 600, proof=b"\0" * 192)
    assert [token.outcome(i)[0] for i in range(token.sprung())] == [False, False]
    assert ledger.grossOf(work, number) == token.balanceOf(ledger) == 600


def test_deposit_from__native_with_an_authorization__coins_are_what_counts(world, ledger, purse, work, authorize):
    world.pay_from(purse, work, NATIVE, 600, proof=authorize())
    assert (ledger.grossOf(work, NATIVE), ledger.grossOf(work, DOLLAR)) == (600, 0)


# The test dollar itself


def parts(signed: bytes) -> list[object]:
    """The six fields of an encoded authorization."""
    words = [signed[i : i + 32] for i in range(0, 192, 32)]
    return [int.from_bytes(words[0], "big"), int.from_bytes(words[1], "big"), words[2], words[3][-1], *words[4:]]


def test_test_dollar__received_by_another__refused(dollar, ledger, purse, stranger, authorize):
    with reverts("TestDollar__NotPayee", ledger, stranger):
        dollar.receiveWithAuthorization(purse, ledger, 600, *parts(authorize()), {"from": stranger})


def test_test_dollar__transfer_with_authorization__anybody_carries_it(dollar, purse, rival, stranger, authorize):
    signed = parts(authorize(primary="TransferWithAuthorization", to=str(rival)))
    dollar.transferWithAuthorization(purse, rival, 600, *signed, {"from": stranger})
    assert (dollar.balanceOf(rival), dollar.balanceOf(purse)) == (600, 400)
    with reverts("TestDollar__AuthorizationUsed", purse, NONCE):
        dollar.transferWithAuthorization(purse, rival, 600, *signed, {"from": stranger})


def test_test_dollar__cancelled__void(world, dollar, purse, stranger, work, authorize):
    message = {"authorizer": str(purse), "nonce": NONCE}
    signature = sign(purse, typed(dollar, "CancelAuthorization", message))
    cancel = signature[64], signature[:32], signature[32:64]
    with reverts("TestDollar__BadSignature", stranger):
        dollar.cancelAuthorization(stranger, NONCE, *cancel, {"from": stranger})
    done = dollar.cancelAuthorization(purse, NONCE, *cancel, {"from": stranger})
    assert dict(done.events["AuthorizationCanceled"]) == {"authorizer": purse, "nonce": "0x" + NONCE.hex()}
    with reverts("TestDollar__AuthorizationUsed", purse, NONCE):
        world.pay_from(purse, work, DOLLAR, 600, proof=authorize())
