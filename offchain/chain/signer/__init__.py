"""Who signs: a `Signer` holds one account and never shows its key.

`LocalSigner` holds a key in memory, `open_keystore` and `unlock_keystore` read an encrypted keystore (version 3),
`RemoteSigner` asks a key management service, and `development_signer` gives the accounts of the public test mnemonic,
which any other chain than a local one refuses. A signer of another kind (a hardware wallet) needs the three members of
the protocol and nothing else.
"""

from offchain.chain.signer.development import DEVELOPMENT_CHAINS, DEVELOPMENT_MNEMONIC
from offchain.chain.signer.keystore import open_keystore, unlock_keystore
from offchain.chain.signer.local import LocalSigner, development_signer
from offchain.chain.signer.protocol import Signer
from offchain.chain.signer.remote import RemoteSigner

__all__ = [
    "DEVELOPMENT_CHAINS",
    "DEVELOPMENT_MNEMONIC",
    "LocalSigner",
    "RemoteSigner",
    "Signer",
    "development_signer",
    "open_keystore",
    "unlock_keystore",
]
