"""The command line: `colophon COMMAND`, one file a domain.

    application   the program: commands, errors, exit codes
    options       options that several commands share
    keys          whose key signs
    opening       nodes, store and engine of one command
    output        one JSON document, or lines for a reader; progress; errors
    registering   register
    recognition   fingerprint, search, verify
    generating    generate text, music, image; generated is the files that it writes
    reproducing   reproduce, replay; model_options is where their models run
    training_sets training-set register, activate
    training      train
    attributing   attribute
    prices        price; modes, choices and charts are what it tells
    sales         quote
    buying        buy
    earnings      statement, claim
    epochs        epochs make, list
    jobs          what runs or was interrupted

Nothing heavy is imported until a command runs, so `colophon --help` answers at once.
"""

from offchain.cli.application import main

__all__ = ["main"]
