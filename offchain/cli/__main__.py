"""`python -m offchain.cli`."""

from offchain.cli.application import main

main()
