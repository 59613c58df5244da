"""Signed sales: who gets what, and every way in which a signature must not be used."""

from __future__ import annotations

import pytest
from brownie import chain

from tests.contracts.reverts import reverts
from tests.contracts.signing import compact, digest
from tests.contracts.structs import Economics
from tests.contracts.unit.RightsExchange.sales import (
    NO_ECONOMICS,
    SHARES,
    TITLE,
    Lot,
    Pull,
    sign_sale,
    typed_sale,
)
from tests.contracts.world import DOLLAR, GRACE, NATIVE, UNITS, now

DIVERT, RETITLE = 1, 2
REJECT, GRANT = 1, 2
REENTRANCY = "0xab143c06"  # selector of Reentrancy()


def test_hash__both_kinds_with_and_without_pulls__as_eth_account(exchange, sale):
    """The type string, byte for byte, by another implementation of EIP-712."""
    for asset in (TITLE, SHARES):
        for pulls in ((), (Pull(1, 2, 3), Pull(2**256 - 1, 0, 1))):
            stated = sale(asset, pulls=pulls, advances=b"\x77" * 32, nonce=2**255, expiry=2**40 - 1)
            assert bytes(exchange.hashSale(stated)) == digest(typed_sale(stated, exchange))
    assert tuple(exchange.eip712Domain()[1:3]) == ("RightsExchange", "1")


def test_buy__title_native__moved_and_five_per_cent_to_the_inbox(
    world, exchange, registry, ledger, inboxes, seller, buyer, work, sale, buy
):
    """The title alone: shares stay with the seller, and so does what they earn, the royalty included."""
    stated = sale(TITLE, price=10_000)
    before = seller.balance()
    done = buy(stated)
    assert registry.ownerOf(work) == buyer
    assert ledger.balanceOf(seller, work) == UNITS
    assert seller.balance() - before == 9_500
    inbox = inboxes.inboxOf(work)
    assert tuple(world.registry.royaltyInfo(work, 10_000)) == (inbox, 500)
    inboxes.sweep(work, NATIVE, {"from": buyer})
    assert ledger.claimable(work, NATIVE, seller) == 500
    sold = done.events["RightsSold"]
    assert (sold["sale"], sold["work"], sold["seller"], sold["royalty"]) == (
        exchange.hashSale(stated),
        work,
        seller,
        500,
    )
    assert tuple(sold["deal"]) == (TITLE, work, 0, 0, NATIVE, 10_000, seller, buyer)
    assert exchange.balance() == 0


def test_buy__shares_for_dollars__moved_and_whole_price_to_the_seller(
    world, exchange, registry, ledger, dollar, seller, buyer, work, sale, buy
):
    """Shares are not the work: their sale owes it nothing. What was earned before stays with the seller (M6)."""
    world.deposit(work, 800)
    dollar.mint(buyer, 5_000, {"from": world.admin})
    dollar.approve(exchange, 5_000, {"from": buyer})
    done = buy(sale(SHARES, currency=DOLLAR, price=5_000))
    assert [ledger.balanceOf(who, work) for who in (seller, buyer)] == [750_000, 250_000]
    assert (dollar.balanceOf(seller), dollar.balanceOf(buyer)) == (5_000, 0)
    assert done.events["RightsSold"]["royalty"] == 0
    world.deposit(work, 400)
    assert [ledger.claimable(work, NATIVE, who) for who in (seller, buyer)] == [1_100, 100]
    assert registry.ownerOf(work) == seller


def test_buy__title_for_dollars__royalty_out_of_the_price(
    world, exchange, inboxes, dollar, seller, buyer, work, sale, buy
):
    dollar.mint(buyer, 10_000, {"from": world.admin})
    dollar.approve(exchange, 10_000, {"from": buyer})
    buy(sale(TITLE, currency=DOLLAR, price=10_000))
    assert [dollar.balanceOf(who) for who in (seller, inboxes.inboxOf(work), buyer, exchange)] == [9_500, 500, 0, 0]


@pytest.mark.parametrize("asset", [TITLE, SHARES])
def test_buy__gift__costs_nothing(registry, ledger, buyer, work, sale, buy, asset):
    buy(sale(asset, price=0))
    assert registry.ownerOf(work) == buyer if asset == TITLE else ledger.balanceOf(buyer, work) == 250_000


def test_buy__pulls_first__seller_has_what_was_earned(world, ledger, seller, buyer, work, child, sale, buy):
    """Edges that are not pulled go with the units (M6), so the seller names them."""
    world.deposit(child, 1_000)
    buy(sale(SHARES, units=UNITS, pulls=(Pull(child, 0, NATIVE),)))
    assert [ledger.claimable(work, NATIVE, who) for who in (seller, buyer)] == [400, 0]


def test_buy__pulls_of_a_chain__leaf_before_root(world, ledger, seller, rival, buyer, work, child, sale, buy):
    leaf = world.derive("a leaf", rival, [child], upstream=500_000)
    world.deposit(leaf, 1_000)
    buy(sale(SHARES, units=UNITS, pulls=(Pull(leaf, 0, NATIVE), Pull(child, 0, NATIVE))))
    assert ledger.claimable(work, NATIVE, seller) == 200


def test_buy__pulls_were_changed__bad_signature(world, exchange, seller, buyer, child, sale):
    """They are signed: a buyer cannot leave them out and take what was earned."""
    world.deposit(child, 1_000)
    stated = sale(SHARES, pulls=(Pull(child, 0, NATIVE),))
    signature = sign_sale(stated, seller, exchange)
    changed = stated._replace(pulls=())
    with reverts("RightsExchange__BadSignature", seller, bytes(exchange.hashSale(changed))):
        exchange.buy(changed, signature, NO_ECONOMICS, {"from": buyer, "value": 1000})


CHANGES = {
    "asset": SHARES,
    "units": 1_000_000,
    "price": 1,
    "buyer": "0x" + "0" * 39 + "1",
    "expiry": 2**40 - 1,
    "nonce": 7,
    "currency": DOLLAR,
    "series": 1,
    "workEpoch": 1,
    "work": 5,
    "advances": b"\x01" * 32,
}


@pytest.mark.parametrize("field", [*CHANGES])
def test_buy__any_field_forged__refused(exchange, registry, ledger, seller, buyer, work, sale, field):
    """Nothing of what the seller signed can be changed."""
    stated = sale(TITLE if field in ("asset", "workEpoch") else SHARES)
    forged = stated._replace(**{field: CHANGES[field]})
    by = buyer
    signature = sign_sale(stated, seller, exchange)
    if field == "buyer":
        forged = forged._replace(buyer=str(by))
    value = forged.price if forged.currency == NATIVE else 0
    with reverts("RightsExchange__BadSignature"):
        exchange.buy(forged, signature, NO_ECONOMICS, {"from": by, "value": value})
    assert (registry.ownerOf(work), ledger.balanceOf(seller, work)) == (seller, UNITS)


def test_buy__signed_by_somebody_else_or_for_elsewhere__refused(exchange, seller, rival, buyer, sale):
    stated = sale(TITLE)
    signatures = [
        sign_sale(stated, rival, exchange),
        sign_sale(stated, seller, exchange, chainId=1),
        sign_sale(stated, seller, exchange, verifyingContract=str(rival)),
        sign_sale(stated, seller, exchange, name="Licensing"),
        sign_sale(stated, seller, exchange, version="2"),
        b"",
        b"\0" * 65,
    ]
    for signature in signatures:
        with reverts("RightsExchange__BadSignature"):
            exchange.buy(stated, signature, NO_ECONOMICS, {"from": buyer, "value": 1000})


def test_buy__compact_signature__accepted_and_still_used_once(exchange, registry, seller, buyer, work, sale):
    """EIP-2098: another form of the same signature is no second sale."""
    stated = sale(SHARES)
    signature = sign_sale(stated, seller, exchange)
    exchange.buy(stated, compact(signature), NO_ECONOMICS, {"from": buyer, "value": 1000})
    with reverts("RightsExchange__NonceUsed", seller, 0):
        exchange.buy(stated, signature, NO_ECONOMICS, {"from": buyer, "value": 1000})


def test_buy__contract_as_seller__signs_by_erc_1271(world, exchange, registry, seller, buyer, work, sale, buy):
    wallet = world.contract("SmartWallet", seller)
    registry.transferFrom(seller, wallet, work, {"from": seller})
    allow = registry.setApprovalForAll.encode_input(exchange, True)
    wallet.execute([(registry, 0, allow)], {"from": seller})
    buy(sale(TITLE, seller=str(wallet)), signer=seller)
    assert registry.ownerOf(work) == buyer
    assert wallet.balance() == 950


def test_buy__twice__nonce_used(world, ledger, seller, buyer, work, sale, buy):
    """R6."""
    stated = sale(SHARES, nonce=300)
    buy(stated)
    with reverts("RightsExchange__NonceUsed", seller, 300):
        buy(stated)
    buy(stated._replace(nonce=301))
    assert ledger.balanceOf(buyer, work) == 500_000


def test_cancel_sale__seller__only_that_one_is_void(exchange, seller, sale, buy):
    done = exchange.cancelSale(5, {"from": seller})
    assert tuple(done.events["NonceUsed"].values()) == (seller, 5, "0x" + "0" * 64)
    assert exchange.isNonceUsed(seller, 5)
    assert not exchange.isNonceUsed(seller, 4)
    with reverts("RightsExchange__NonceUsed", seller, 5):
        exchange.cancelSale(5, {"from": seller})
    with reverts("RightsExchange__NonceUsed", seller, 5):
        buy(sale(SHARES, nonce=5))
    buy(sale(SHARES, nonce=4))


def test_advance_epoch__seller__all_are_void(exchange, seller, sale, buy):
    stated = sale(SHARES)
    assert exchange.advanceEpoch({"from": seller}).events["EpochAdvanced"]["epoch"] == 1
    with reverts("RightsExchange__WrongEpoch", seller, 1):
        buy(stated)
    buy(sale(SHARES))


def test_buy__title_came_back__old_sale_stays_void(registry, seller, rival, work, sale, buy):
    """A forgotten cheap signature must not come alive with the seller's next ownership."""
    stated = sale(TITLE)
    registry.transferFrom(seller, rival, work, {"from": seller})
    with reverts("RightsExchange__WrongWorkEpoch", work, 1):
        buy(stated)
    registry.transferFrom(rival, seller, work, {"from": rival})
    with reverts("RightsExchange__WrongWorkEpoch", work, 2):
        buy(stated)
    buy(sale(TITLE))


def test_buy__title_is_somebody_elses__refused(exchange, registry, seller, rival, work, sale, buy):
    """A signature over a title that the signer does not hold moves nothing, whatever its holder allowed."""
    with reverts("TransferFromIncorrectOwner"):
        buy(sale(TITLE, seller=str(rival)))
    assert registry.ownerOf(work) == seller


def test_buy__shares_that_the_seller_does_not_hold__refused(ledger, seller, rival, buyer, work, sale, buy):
    ledger.setOperator(buyer, True, {"from": rival})
    with reverts("RoyaltyLedger__InsufficientAllowance"):
        buy(sale(SHARES, seller=str(rival)))
    with reverts("RoyaltyLedger__InsufficientShares", seller, work, UNITS, UNITS + 1):
        buy(sale(SHARES, units=UNITS + 1))


def test_buy__expired__refused_to_the_second(exchange, seller, buyer, sale):
    stated = sale(SHARES, expiry=now() + 100)
    call = stated, sign_sale(stated, seller, exchange), NO_ECONOMICS, {"from": buyer, "value": 1000}
    chain.mine(timestamp=stated.expiry - 1)
    exchange.buy.call(*call)  # a call has the time of the last block
    chain.mine(timestamp=stated.expiry)
    with reverts("RightsExchange__Expired", stated.expiry):
        exchange.buy.call(*call)


def test_buy__named_buyer__nobody_else(buyer, stranger, sale, buy):
    stated = sale(SHARES, buyer=str(buyer))
    with reverts("RightsExchange__WrongBuyer", buyer, stranger):
        buy(stated, by=stranger)
    buy(stated)


@pytest.mark.parametrize("value", [0, 999, 1001])
def test_buy__another_value__refused(sale, buy, value):
    with reverts("RightsExchange__WrongValue", value, 1000):
        buy(sale(SHARES), value=value)


def test_buy__coins_for_a_sale_in_dollars__refused(sale, buy):
    with reverts("RightsExchange__WrongValue", 1, 0):
        buy(sale(SHARES, currency=DOLLAR), value=1)


@pytest.mark.parametrize(("asset", "units"), [(TITLE, 1), (SHARES, 0)])
def test_buy__neither_title_nor_shares__refused(sale, buy, asset, units):
    """Zero units must never mean the title."""
    with reverts("RightsExchange__BadAsset", asset, units):
        buy(sale(asset, units=units))


def test_buy__shares_name_an_epoch__refused(registry, seller, sale, buy, work):
    """One way to state a thing: fields that do not count are zero. The title's holder cannot void others' sales."""
    stated = sale(SHARES)
    registry.advanceWorkEpoch(work, {"from": seller})
    with reverts("RightsExchange__WrongWorkEpoch", work, 0):
        buy(stated._replace(workEpoch=1))
    buy(stated)


def test_buy__title_not_final__refused(world, registry, creator, seller, sale, buy):
    young = world.register_at_once("young", creator)
    stated = sale(TITLE, work=young)
    with reverts("WorkRegistry__NotFinal"):
        buy(stated)
    chain.sleep(GRACE)
    buy(stated)


@pytest.mark.parametrize("asset", [TITLE, SHARES])
def test_buy__work_is_disputed__refused_until_it_is_over(claimant_dispute, registry, rule, work, sale, buy, asset):
    """Threat: a buyer who pays for revenue that a judgement may give to somebody else."""
    stated = sale(asset)
    number = claimant_dispute(RETITLE)
    with reverts("RightsExchange__Disputed", work):
        buy(stated)
    rule(number, REJECT)
    buy(stated)


def test_buy__shares_of_an_ended_series__refused(claimant_dispute, rule, work, sale, buy):
    """After a judgement they never earn again."""
    stated = sale(SHARES)
    rule(claimant_dispute(RETITLE), GRANT)
    with reverts("RightsExchange__SeriesEnded", work, 0):
        buy(stated)


@pytest.fixture
def claimant_dispute(dispute, work, stranger):
    """A stranger disputes the work."""
    return lambda remedy: dispute(work, remedy, stranger)


@pytest.fixture
def advance(world, ledger, work, seller, rival):
    """A friend of the seller pays an advance of 1,000 on the work, to be repaid out of half of its revenue."""

    def advance_(currency: int = NATIVE) -> None:
        ledger.requestAdvance(work, currency, 1000, 500_000, {"from": seller})
        if currency == DOLLAR:
            world.fund(rival, 1000)
        value = 1000 if currency == NATIVE else 0
        ledger.payAdvance(work, currency, 1000, 500_000, {"from": rival, "value": value})

    return advance_


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_buy__advance_paid_meanwhile__refused(exchange, work, sale, buy, advance, currency):
    """Threat: a seller who turns the shares' future revenue into his own before the buyer has them."""
    stated = sale(SHARES)
    advance(currency)
    with reverts("RightsExchange__AdvancesChanged", work, b"\0" * 32):
        buy(stated)


def test_buy__advance_stated__sold_with_it(exchange, ledger, buyer, work, sale, buy, advance):
    advance()
    known = bytes(exchange.advancesOf(work))
    assert known != b"\0" * 32
    buy(sale(SHARES, advances=known))
    assert ledger.balanceOf(buyer, work) == 250_000


def test_buy__advance_repaid_meanwhile__no_harm(world, exchange, ledger, buyer, work, sale, buy, advance):
    advance()
    stated = sale(SHARES, advances=bytes(exchange.advancesOf(work)))
    world.deposit(work, 2000)
    assert bytes(exchange.advancesOf(work)) == b"\0" * 32
    buy(stated)
    assert ledger.balanceOf(buyer, work) == 250_000


def test_buy__title_while_an_advance_runs__the_title_alone(registry, buyer, work, sale, buy, advance):
    """A title earns nothing, so advances do not count for it; stating one is refused."""
    advance()
    with reverts("RightsExchange__AdvancesChanged", work, b"\x01" * 32):
        buy(sale(TITLE, advances=b"\x01" * 32))
    buy(sale(TITLE))
    assert registry.ownerOf(work) == buyer


def test_buy__seller_refuses_coins__credited_and_sold(world, exchange, ledger, seller, rival, buyer, work, sale, buy):
    """M3: pull, where push fails."""
    wallet = world.contract("SmartWallet", seller)
    ledger.transfer(wallet, work, 250_000, {"from": seller})
    wallet.execute([(ledger, 0, ledger.setOperator.encode_input(exchange, True))], {"from": seller})
    wallet.setRefusing(True, {"from": seller})
    done = buy(sale(SHARES, seller=str(wallet)), signer=seller)
    assert ledger.balanceOf(buyer, work) == 250_000
    assert tuple(done.events["Credited"].values()) == (wallet, NATIVE, 1000)
    assert exchange.creditOf(wallet, NATIVE) == exchange.balance() == 1000
    before = rival.balance()
    call = exchange.withdraw.encode_input(wallet, NATIVE, rival)
    wallet.execute([(exchange, 0, call)], {"from": seller})
    assert rival.balance() - before == 1000


def test_buy__token_calls_back__nothing_twice(world, exchange, ledger, seller, buyer, work, sale, buy):
    """R7: in the middle of the payment every door is locked."""
    token = world.contract("ReentrantToken")
    currency = world.add_currency(token)
    token.mint(buyer, 1000, {"from": world.admin})
    token.approve(exchange, 1000, {"from": buyer})
    other = sale(SHARES, price=0, nonce=1)
    lot = Lot(SHARES, work, 1, NATIVE, 1, 0, now() + 60)
    calls = [
        exchange.buy.encode_input(other, sign_sale(other, seller, exchange), NO_ECONOMICS),
        exchange.openAuction.encode_input(lot),
        exchange.bid.encode_input(1, 1),
        exchange.settle.encode_input(1, []),
        exchange.rescind.encode_input(1),
        exchange.cancelAuction.encode_input(1),
        exchange.collect.encode_input(1, NATIVE, buyer),
        exchange.withdraw.encode_input(seller, NATIVE, seller),
    ]
    for call in calls:
        token.lay(exchange, call, {"from": buyer})
    buy(sale(SHARES, currency=currency))
    outcomes = [token.outcome(i) for i in range(token.sprung())]
    assert [(success, "0x" + bytes(answer).hex()) for success, answer in outcomes] == [(False, REENTRANCY)] * len(calls)
    assert ledger.balanceOf(buyer, work) == 250_000
    assert token.balanceOf(seller) == 1000


def test_buy__token_answers_false__refused(world, exchange, ledger, seller, buyer, work, sale, buy):
    token = world.contract("FalseToken")
    currency = world.add_currency(token)
    token.mint(buyer, 1000, {"from": world.admin})
    token.approve(exchange, 1000, {"from": buyer})
    token.setFailing(True, {"from": world.admin})
    with reverts("TransferFromFailed"):
        buy(sale(SHARES, currency=currency))
    token.setFailing(False, {"from": world.admin})
    buy(sale(SHARES, currency=currency))
    assert token.balanceOf(seller) == 1000


def test_buy__token_answers_nothing__paid(world, exchange, seller, buyer, sale, buy):
    token = world.contract("SilentToken")
    currency = world.add_currency(token)
    token.mint(buyer, 1000, {"from": world.admin})
    token.approve(exchange, 1000, {"from": buyer})
    buy(sale(TITLE, currency=currency))
    assert token.balanceOf(seller) == 950


def test_buy__unknown_currency__refused(exchange, sale, buy):
    with reverts("RoyaltyLedger__UnknownCurrency", 9):
        buy(sale(SHARES, currency=9))


def test_buy__second_series__the_winners_shares(
    ledger, exchange, claimant_dispute, rule, stranger, buyer, work, sale, buy
):
    rule(claimant_dispute(RETITLE), GRANT)
    ledger.setOperator(exchange, True, {"from": stranger})
    buy(sale(SHARES, seller=str(stranger), series=1))
    assert ledger.balanceOf(buyer, ledger.shareId(work, 1)) == 250_000


# What the buyer relies on


FAIR = Economics(NATIVE, 10**15, 100_000, 600_000)


@pytest.fixture
def set_economics(book, seller, work):
    """The seller, who has title and all shares, states what it likes."""
    return lambda economics: book.setEconomics(work, economics, [], {"from": seller})


def test_buy__economics_loosened_meanwhile__refused(world, ledger, buyer, work, sale, buy, set_economics):
    """Threat: a seller of shares who first takes away what protects them, and then gives licences away."""
    set_economics(FAIR)
    stated = sale(SHARES)
    set_economics(NO_ECONOMICS)
    with reverts("RightsExchange__EconomicsChanged", work):
        buy(stated, economics=FAIR)
    buy(stated)
    assert ledger.balanceOf(buyer, work) == 250_000


def test_buy__economics_tightened_meanwhile__refused(registry, buyer, work, sale, buy, set_economics):
    """Threat: a seller of the title who first makes it one under which nothing can be sold."""
    stated = sale(TITLE)
    set_economics(Economics(NATIVE, 2**104 - 1, 900_000, UNITS))
    with reverts("RightsExchange__EconomicsChanged", work):
        buy(stated)
    assert registry.ownerOf(work) != buyer


def test_buy__economics_of_shares_tightened_meanwhile__still_sold(ledger, buyer, work, sale, buy, set_economics):
    """Threat: a title's holder who stops others from selling their shares, by one wei more before each sale."""
    stated = sale(SHARES)
    set_economics(FAIR)
    buy(stated)
    assert ledger.balanceOf(buyer, work) == 250_000


@pytest.mark.parametrize("field", FAIR._fields)
@pytest.mark.parametrize("asset", [TITLE, SHARES])
def test_buy__buyer_relies_on_more__refused(work, sale, buy, set_economics, asset, field):
    set_economics(FAIR)
    stated = sale(asset)
    with reverts("RightsExchange__EconomicsChanged", work):
        buy(stated, economics=FAIR._replace(**{field: getattr(FAIR, field) + 1}))
    buy(stated, economics=FAIR)


@pytest.mark.parametrize("field", ["minPrice", "minUpstream", "quorum"])
def test_buy__buyer_relies_on_less__refused_for_a_title_only(work, sale, buy, set_economics, field):
    set_economics(FAIR)
    less = FAIR._replace(**{field: getattr(FAIR, field) - 1})
    with reverts("RightsExchange__EconomicsChanged", work):
        buy(sale(TITLE), economics=less)
    buy(sale(SHARES), economics=less)


# Tokens that keep a fee


@pytest.fixture
def fee_token(world, exchange, buyer):
    """A token that burns a hundredth, rounded down, of what it moves; its number as a currency."""
    token = world.contract("FeeToken")
    token.mint(buyer, 10_000, {"from": world.admin})
    token.approve(exchange, 10_000, {"from": buyer})
    return token, world.add_currency(token)


@pytest.mark.parametrize("asset", [TITLE, SHARES])
def test_buy__token_with_a_fee__refused(seller, sale, buy, fee_token, asset):
    """M4: the seller signed a price, and would be paid less."""
    token, currency = fee_token
    with reverts("RightsExchange__Underpaid", seller, 950 if asset == TITLE else 1000):
        buy(sale(asset, currency=currency))
    assert token.balanceOf(seller) == 0


def test_buy__token_with_a_fee_on_the_royalty_alone__refused(world, seller, work, sale, buy, fee_token):
    """A price of 2,000 owes the inbox 100, of which 99 would arrive; free of it, 99 and less arrive in full."""
    _, currency = fee_token
    with reverts("RightsExchange__Underpaid", world.inboxes.inboxOf(work), 100):
        buy(sale(TITLE, currency=currency, price=2000))


def test_buy__amount_too_small_for_the_fee__sold(seller, registry, buyer, work, sale, buy, fee_token):
    token, currency = fee_token
    buy(sale(TITLE, currency=currency, price=99))
    assert registry.ownerOf(work) == buyer
    assert token.balanceOf(seller) == 99 - 99 * 5 // 100


def test_buy__from_oneself__costs_nobody_anything(world, exchange, ledger, seller, dollar, work, sale, buy):
    """What a buyer pays itself arrives where it was."""
    dollar.mint(seller, 1000, {"from": world.admin})
    dollar.approve(exchange, 1000, {"from": seller})
    buy(sale(SHARES, currency=DOLLAR), by=seller)
    assert (dollar.balanceOf(seller), ledger.balanceOf(seller, work)) == (1000, UNITS)


def test_buy__from_oneself_in_a_token_with_a_fee__refused(world, exchange, seller, buyer, sale, buy, fee_token):
    token, currency = fee_token
    token.transfer(seller, 5_000, {"from": buyer})
    token.approve(exchange, 5_000, {"from": seller})
    with reverts("RightsExchange__Underpaid", seller, 1000):
        buy(sale(SHARES, currency=currency), by=seller)
