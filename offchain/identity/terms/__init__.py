"""The term index: which registered works share terms (hashes of word runs, of sounds) with a file.

    open_terms(folder)  → TermWriter: one at a time; add(key, terms), add_many(works), candidates(…)
    read_terms(folder)  → TermReader: any number, in any process, follows the writer
    candidates(terms, min_shared, limit) → keys and how many terms each shares, best first

It proposes; what is proposed is compared by its evidence. It holds nothing that the store does not: lost or damaged, it
is rebuilt by adding every work again.
"""

from __future__ import annotations

from offchain.identity.terms.reader import TermReader, read_terms
from offchain.identity.terms.writer import TermWriter, open_terms

__all__ = ["TermReader", "TermWriter", "open_terms", "read_terms"]
