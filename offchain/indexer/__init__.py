"""The indexer: events of the contracts into the store, and statements out of them.

    Indexer(contracts, store).advance()
    account_statement(store, contracts, account)

What stands in the store is always what a rebuild from the first block would give, whatever the chain did meanwhile.
"""

from offchain.indexer.indexer import Indexer, Progress
from offchain.indexer.statements import Line, Statement, account_statement, statement

__all__ = ["Indexer", "Line", "Progress", "Statement", "account_statement", "statement"]
