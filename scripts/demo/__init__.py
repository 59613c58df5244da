"""`make demo`: the whole way of a work on real components, told by the people who use it.

`story` acts through HTTP and wallets alone, `checks` proves afterwards that it really happened, `report` shows it.
"""
