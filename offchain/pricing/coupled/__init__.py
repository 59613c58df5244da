"""Rules that tie the prices of many works together, and proofs of prices under them.

    rules (what is asked) ─► rows (exact rows) ─► solver (by `lp`, or by the catalogue's decomposition) ─► proof
                                                                     certificate, explain, JSON ◄─┘

Import the modules themselves: the model reads `rows`, while `solver` reads the model.
"""
