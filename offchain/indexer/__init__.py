"""The indexer: events of the contracts into the store, and statements out of them.

    Indexer(contracts, store).advance()
    account_statement(store, contracts, account)

What stands in the store is always what a rebuild from the first block would give, whatever the chain did meanwhile.
"""

from offchain.indexer.entries import Entry
from offchain.indexer.indexer import Indexer, Progress
from offchain.indexer.standing import Standing
from offchain.indexer.statements import WHOLE, Line, Span, Statement, account_statement, statement

__all__ = [
    "WHOLE",
    "Entry",
    "Indexer",
    "Line",
    "Progress",
    "Span",
    "Standing",
    "Statement",
    "account_statement",
    "statement",
]
