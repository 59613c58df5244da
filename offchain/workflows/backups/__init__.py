"""Backups: one file that holds what a service cannot make anew, and the way back.

    backup(services, Path("colophon.tar"))          → the store, the journal, masters, drafts
    restore(settings, Path("colophon.tar"))         → into an empty home and an empty database

What the chain holds is read from the chain again, and what IPFS nodes keep lies with them.
"""

from offchain.workflows.backups.making import Made, backup
from offchain.workflows.backups.restoring import Restored, restore

__all__ = ["Made", "Restored", "backup", "restore"]
