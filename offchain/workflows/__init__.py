"""Workflows: what Colophon does in several steps, so that no kill between two of them loses or repeats anything.

    services   the nodes, the store and the keys that a process works with
    opening    starts the engine (DBOS) over them; unfinished work continues by itself
    registration, purchasing, generating   the durable jobs
    making, prompts, parentage             works by a model: their records, and what these bind a registration to
    training_sets                          the works that pay those whom a model was taught by
    quoting, claiming, catalogue           answers that need no job
    terms      the standard licences

Importing this package costs nothing and opens nothing.
"""
