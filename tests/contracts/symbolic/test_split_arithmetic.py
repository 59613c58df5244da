"""The money arithmetic, proved for all amounts and shares and not for samples: z3 finds no counterexample.

Each theorem is stated as `given ⇒ claim` over symbolic integers. It counts only if the premises can be met (or it would
say nothing) and if their refusal together with the claim's negation cannot. Where a bound is named, a counterexample
just past it shows that the bound is needed. Symbols: docs/SPECIFICATION.md §2.
"""

from __future__ import annotations

import pytest
from z3 import And, BoolRef, Int, Ints, Not, Solver, Sum, sat, unsat

from tests.contracts.symbolic.formulas import PPM, due, index, net, repaid, settled

SECONDS = 20
GROSS_LIMIT = 2**108
MAX_UPSTREAM = 900_000
MAX_PARENTS = 16


def solver(*facts: BoolRef) -> Solver:
    asked = Solver()
    asked.set("timeout", SECONDS * 1_000)
    asked.add(*facts)
    return asked


def holds(claim: BoolRef, *given: BoolRef) -> bool:
    """Whether the premises can be met, and never without the claim."""
    return solver(*given).check() == sat and solver(*given, Not(claim)).check() == unsat


def fails(claim: BoolRef, *given: BoolRef) -> bool:
    """Whether there is a counterexample."""
    return solver(*given, Not(claim)).check() == sat


def edges(count: int) -> list:
    return [Int(f"s{i}") for i in range(count)]


G, MORE, S, N, A, RATE, BACK = Ints("G more S N A rho back")
X, Y, M, C = Ints("x y M C")
PAID = And(G >= 0, MORE >= 0)
SHARE = And(S >= 0, S <= MAX_UPSTREAM)
BOUNDED_EDGE = And(M >= 0, C >= M, X >= 0, Y >= X)


# (a) The floors of the edges


@pytest.mark.parametrize("parents", range(1, MAX_PARENTS + 1))
def test_floors__any_gross_and_shares__edges_never_take_more_than_is_withheld(parents):
    """Σ⌊G·sᵢ/1e6⌋ ≤ ⌊G·S/1e6⌋ ≤ Σ⌊G·sᵢ/1e6⌋ + n − 1 (M1, M5)."""
    shares = edges(parents)
    taken, withheld = Sum([due(G, share) for share in shares]), due(G, Sum(shares))
    assert holds(And(taken <= withheld, withheld <= taken + parents - 1), G >= 0, *[share >= 0 for share in shares])


@pytest.mark.parametrize("parents", [2, 3, 5])
def test_floors__residue_bound__is_reached(parents):
    """n − 1 and not n − 2: the bound of M5 cannot be tightened."""
    shares = edges(parents)
    lost = due(G, Sum(shares)) - Sum([due(G, share) for share in shares])
    within = And(G >= 0, G < GROSS_LIMIT, Sum(shares) <= MAX_UPSTREAM, *[share >= 0 for share in shares])
    assert fails(lost <= parents - 2, within)


# (b) The net


def test_net__gross_grows__never_falls():
    """M6 and the unchecked subtraction N − index: an index can only lag behind."""
    assert holds(net(G + MORE, [S]) >= net(G, [S]), PAID, SHARE)


def test_net__one_more_unit__withholds_at_most_one():
    assert holds(And(due(G + 1, S) >= due(G, S), due(G + 1, S) <= due(G, S) + 1), G >= 0, SHARE)


def test_net__shares_above_the_whole__could_fall():
    """Without S ≤ 1e6 the theorem is false, so the registry must check it."""
    assert fails(net(G + MORE, [S]) >= net(G, [S]), PAID, S >= 0, S <= PPM + 1)


def test_net__floors_of_the_parts__would_owe_something_else():
    """Why floors are taken of cumulative amounts only."""
    assert fails(due(G, S) + due(MORE, S) == due(G + MORE, S), PAID, SHARE)


# (c) Guarantees and ceilings


def test_bounded_edge__owed_grows__parent_gets_between_nothing_and_all_of_it():
    """0 ≤ E(y) − E(x) ≤ y − x, so that `back` never falls."""
    to_parent = settled(Y, M, C) - settled(X, M, C)
    assert holds(And(to_parent >= 0, to_parent <= Y - X), BOUNDED_EDGE)


def test_bounded_edge__gross_grows_and_edge_is_pulled__net_never_falls():
    """N = G − ⌊G·S/1e6⌋ + back under a deposit and a pull at once, whatever the other edges owe."""
    returned = (Y - X) - (settled(Y, M, C) - settled(X, M, C))
    after, before = net(G + MORE, [S], BACK + returned), net(G, [S], BACK)
    assert holds(after >= before, PAID, SHARE, BOUNDED_EDGE, BACK >= 0)


def test_bounded_edge__any_amount_owed__parent_gets_at_most_that_beyond_its_guarantee():
    """0 ≤ E(x) − E(0) ≤ x: the lemma for the next theorem."""
    to_parent = settled(X, M, C) - settled(0, M, C)
    assert holds(And(to_parent >= 0, to_parent <= X), BOUNDED_EDGE)


@pytest.mark.parametrize("parents", [1, 2, 3, 4, 8, MAX_PARENTS])
def test_bounded_edges__any_pulls__parents_and_holders_get_no_more_than_came_in(parents):
    """N + Σ(Eᵢ(xᵢ) − Eᵢ(0)) ≤ G wherever each edge was pulled last; the guarantees themselves were prepaid.

    `given` holds what was proved above instead of the formulas, since z3 does not finish 16 products and 48 case
    distinctions at once: xᵢ ≤ dueᵢ, Σdueᵢ ≤ withheld ≤ G (theorem a), and the lemma for what went to each parent.
    """
    withheld = Int("withheld")
    dues, pulled, to_parents = ([Int(f"{name}{i}") for i in range(parents)] for name in ("due", "x", "to_parent"))
    given = [G >= 0, withheld >= 0, withheld <= G, Sum(dues) <= withheld]
    given += [And(t >= 0, t <= x, x <= d) for t, x, d in zip(to_parents, pulled, dues, strict=True)]
    back = Sum(pulled) - Sum(to_parents)
    holders = G - withheld + back
    assert holds(And(holders + Sum(to_parents) <= G, back >= 0, back <= G, holders >= 0), *given)


def test_bounded_edge__ceiling_below_the_guarantee__would_not_pay_the_guarantee():
    """Why C ≥ M is asked at registration: else E(0) < M, and a parent's prepaid guarantee counts for less."""
    assert fails(settled(X, M, C) >= M, M >= 0, C >= 0, X >= 0)


# (d) Advances


def test_advance__net_grows__holders_index_never_falls():
    """H = N − R + D with R = min(A, ⌊(N − N₀)·ρ/1e6⌋): N₀ is the origin here, N and N + more lie above it."""
    given = And(N >= 0, MORE >= 0, A >= 0, RATE >= 0, RATE <= PPM)
    before, after = N - repaid(N, A, RATE) + A, N + MORE - repaid(N + MORE, A, RATE) + A
    assert holds(And(after >= before, after - before <= MORE), given)


def test_advance__any_net__repays_no_more_than_was_lent_or_earned_since():
    """0 ≤ R ≤ A and R ≤ N − N₀. With H = N − R + A that is H + R = N + A: no money of others is touched."""
    given = And(N >= 0, A >= 0, RATE >= 0, RATE <= PPM)
    back = repaid(N, A, RATE)
    assert holds(And(back >= 0, back <= A, back <= N), given)


def test_advance__a_second_one_after_the_first__index_still_never_falls():
    """One open at a time: the first is repaid and stays A₁ for ever, the second counts from N₁."""
    first, second, rate, start, more = Ints("A1 A2 rho2 N1 more2")
    given = And(first >= 0, second >= 0, rate >= 0, rate <= PPM, start >= first, start <= N, more >= 0)
    then, later = (index(at, first + repaid(at - start, second, rate), first + second, 0) for at in (N, N + more))
    assert holds(later >= then, given)


def test_advance__rate_above_the_whole__index_could_fall():
    given = And(N >= 0, MORE >= 0, A >= 0, RATE >= 0, RATE <= 2 * PPM)
    assert fails(N + MORE - repaid(N + MORE, A, RATE) >= N - repaid(N, A, RATE), given)


# (e) Holders

U, V, REST = Ints("u v rest")
"""Units of the two holders that a step touches, and of all others together."""
OWED_U, OWED_V, OWED_REST = Ints("owed_u owed_v owed_rest")
BEHIND_U, BEHIND_V, BEHIND_REST = Ints("behind_u behind_v behind_rest")
"""u·(H − index): earned and not yet written; for the others, the sum."""
PAID_OUT, H = Ints("paid H")
WHOLE = And(U >= 0, V >= 0, REST >= 0, U + V + REST == PPM)
STANDING = And(
    *[term >= 0 for term in (OWED_U, OWED_V, OWED_REST, BEHIND_U, BEHIND_V, BEHIND_REST, PAID_OUT, H)],
    OWED_U + OWED_V + OWED_REST + BEHIND_U + BEHIND_V + BEHIND_REST + PPM * PAID_OUT == PPM * H,
)
"""The invariant: everything owed, written or not, and everything paid is exactly 1e6 times the index."""


def test_holders__index_grows__sum_of_owed_grows_with_it_exactly():
    """A step touches two holders at most, so this covers any number of them."""
    grown = BEHIND_U + U * MORE + BEHIND_V + V * MORE + BEHIND_REST + REST * MORE
    after = OWED_U + OWED_V + OWED_REST + grown + PPM * PAID_OUT
    assert holds(after == PPM * (H + MORE), STANDING, WHOLE, MORE >= 0)


def test_holders__one_is_settled_and_claims__sum_stays_and_less_than_one_unit_is_left():
    """A claim pays ⌊owed/1e6⌋ and keeps the remainder: below one minor unit, and never negative."""
    written = OWED_U + BEHIND_U
    pay = due(written, 1)
    left = written - PPM * pay
    after = left + OWED_V + OWED_REST + BEHIND_V + BEHIND_REST + PPM * (PAID_OUT + pay)
    assert holds(And(after == PPM * H, left >= 0, left < PPM, pay >= 0), STANDING, WHOLE)


def test_holders__units_change_hands_and_the_index_grows__sum_of_owed_is_still_exact():
    """M6: both are settled before, so that units moved at an equal index carry nothing with them."""
    moved = Int("moved")
    grown = (U - moved) * MORE + (V + moved) * MORE + BEHIND_REST + REST * MORE
    after = (OWED_U + BEHIND_U) + (OWED_V + BEHIND_V) + OWED_REST + grown + PPM * PAID_OUT
    assert holds(after == PPM * (H + MORE), STANDING, WHOLE, MORE >= 0, moved >= 0, moved <= U)


def test_holders__not_settled_before_a_transfer__would_carry_credit_away():
    moved = Int("moved")
    assert fails((U - moved) * (H - X) == U * (H - X), WHOLE, moved >= 0, moved <= U, X >= 0, X <= H)


def test_holders__everybody_claimed__payouts_are_within_the_index():
    """Σ payouts ≤ H, and what stays behind is below one minor unit for each of the n holders that ever earned."""
    holders = Int("holders")
    left = OWED_U + OWED_V + OWED_REST
    claimed = And(BEHIND_U == 0, BEHIND_V == 0, BEHIND_REST == 0, left <= holders * (PPM - 1), holders >= 1)
    assert holds(And(PAID_OUT <= H, holders > H - PAID_OUT), STANDING, claimed)


# (f) The index through every event

RECOUPED, LENT, DIVERTED, H_OPEN, FRESH = Ints("sumR D V H_open A_new")
"""ΣR, D, V, the index at which a dispute opened, and the principal of a new advance."""
GAIN, REPAID = Ints("gain repaid")
"""What one event adds to N, and to ΣR: 0 ≤ repaid ≤ gain, as the first test here proves."""
BOOKS = And(N >= 0, RECOUPED >= 0, LENT >= 0, DIVERTED >= 0)
STEP = And(GAIN >= 0, REPAID >= 0, REPAID <= GAIN)
NOW = index(N, RECOUPED, LENT, DIVERTED)
NEXT = index(N + GAIN, RECOUPED + REPAID, LENT, DIVERTED)
OPEN = And(BOOKS, H_OPEN >= 0, H_OPEN <= NOW)
"""A dispute is open: H was H_open when it began, and never fell since."""


def test_index__net_grows__advance_takes_a_part_of_it_at_most():
    """R(N + more) − R(N) is between 0 and more: the lemma for every event that raises N."""
    given = And(N >= 0, MORE >= 0, A >= 0, RATE >= 0, RATE <= PPM)
    taken = repaid(N + MORE, A, RATE) - repaid(N, A, RATE)
    assert holds(And(taken >= 0, taken <= MORE), given)


def test_index__deposit_release_or_pull__never_falls():
    assert holds(And(NEXT >= NOW, NEXT - NOW == GAIN - REPAID), BOOKS, STEP)


def test_index__pull_of_a_bounded_edge__gives_child_and_parent_together_what_was_withheld():
    """moved + kept = x' − x, neither is negative, and kept is all that the child's N gains."""
    moved = settled(Y, M, C) - settled(X, M, C)
    kept = (Y - X) - moved
    gained = net(G, [S], BACK + kept) - net(G, [S], BACK)
    assert holds(And(moved >= 0, kept >= 0, moved + kept == Y - X, gained == kept), BOUNDED_EDGE, PAID, SHARE)


def test_index__new_advance_replaces_a_repaid_one__rises_by_its_principal():
    """D += A′, the old R = A stays in ΣR, and the new one starts at nothing since its N₀ is the present N."""
    after = index(N, RECOUPED + repaid(0, FRESH, RATE), LENT + FRESH, DIVERTED)
    assert holds(after - NOW == FRESH, BOOKS, FRESH > 0, RATE > 0, RATE <= PPM)


def test_index__money_comes_while_a_dispute_is_open__invariant_of_the_dispute_stays():
    assert holds(H_OPEN <= NEXT, OPEN, STEP)


def test_index__dispute_is_rejected__rises_to_what_was_earned_meanwhile():
    assert holds(NOW >= H_OPEN, OPEN)


def test_index__revenue_is_diverted__stays_and_winner_gets_the_difference():
    """V += H − H_open: the holders' index is H_open again, and V stays within what was earned."""
    won = NOW - H_OPEN
    after = index(N, RECOUPED, LENT, DIVERTED + won)
    assert holds(And(after == H_OPEN, won >= 0, after + won == NOW, DIVERTED + won <= N + LENT), OPEN)


def test_index__diverted_again_and_again__winners_and_holders_get_what_was_earned():
    """H + V = N − ΣR + D whatever was diverted, before and after."""
    after = DIVERTED + (NEXT - H_OPEN)
    index_after = index(N + GAIN, RECOUPED + REPAID, LENT, after)
    assert holds(index_after + after == N + GAIN - RECOUPED - REPAID + LENT, OPEN, STEP)


@pytest.mark.parametrize("judgements", range(1, 6))
def test_index__retitled_some_times__series_together_promise_exactly_what_was_earned(judgements):
    """Series k began at B_k and ended at B_{k+1}, the H_open of its dispute: Σ(B_{k+1} − B_k) + (H − B_n) = H − B_0."""
    begins = [Int(f"B{k}") for k in range(judgements + 1)]
    ends = [*begins[1:], H]
    ordered = And(begins[0] == 0, *[end >= begin for begin, end in zip(begins, ends, strict=True)])
    promised = [end - begin for begin, end in zip(begins, ends, strict=True)]
    assert holds(And(Sum(promised) == H, *[each >= 0 for each in promised]), ordered)


def test_index__new_series_that_began_at_nothing__would_promise_the_old_holders_money_again():
    """Why a series counts from H_open: counted from zero, old and new series could promise more than H."""
    assert fails(H_OPEN + H <= H, H >= H_OPEN, H_OPEN >= 0)


# (g) Widths

ADVANCED = Int("D")
"""Principals of all advances that a work ever had."""


def test_widths__gross_below_its_limit__product_with_a_share_fits_128_bits():
    """The unchecked multiplication in Shares.floor; 256 bits leave another 128."""
    assert holds(G * S < 2**128, G >= 0, G < GROSS_LIMIT, S >= 0, S <= PPM)


def test_widths__gross_below_its_limit__back_fits_112_bits():
    """back = Σ(xᵢ − (Eᵢ(xᵢ) − Mᵢ)) ≤ Σxᵢ ≤ ⌊G·S/1e6⌋ ≤ G."""
    returned = X - (settled(X, M, C) - settled(0, M, C))
    assert holds(
        And(returned >= 0, returned < 2**112), G >= 0, G < GROSS_LIMIT, SHARE, X >= 0, due(G, S) >= X, M >= 0, C >= M
    )


def test_widths__gross_below_its_limit__owed_fits_128_bits():
    """owed ≤ 1e6·H, and without advances H ≤ G."""
    assert holds(PPM * net(G, [S]) < 2**128, G >= 0, G < GROSS_LIMIT, SHARE)


def test_widths__advances_counted_with_the_gross__owed_fits_128_bits():
    """With advances H ≤ G + D, so the limit must hold for the sum."""
    earned = net(G, [S]) + ADVANCED
    given = And(G >= 0, ADVANCED >= 0, SHARE)
    assert holds(PPM * earned < 2**128, given, G + ADVANCED < GROSS_LIMIT)
    assert fails(PPM * earned < 2**128, given, G < GROSS_LIMIT, ADVANCED < GROSS_LIMIT)


def test_widths__back_counted_with_the_net__owed_fits_128_bits():
    """H ≤ G + D with back too, since back ≤ ⌊G·S/1e6⌋; what was diverted and recouped only lowers it."""
    earned = index(net(G, [S], BACK), RECOUPED, ADVANCED, DIVERTED)
    given = And(G >= 0, ADVANCED >= 0, SHARE, BACK >= 0, due(G, S) >= BACK, RECOUPED >= 0, DIVERTED >= 0)
    assert holds(PPM * earned < 2**128, given, G + ADVANCED < GROSS_LIMIT)
