"""A typed client of a Colophon service: `Colophon("https://colophon.example", token="clp_…").list_works()`.

`models.py` and `operations.py` are made from the service's OpenAPI document by `make clients`; the TypeScript client
beside them too. Nothing else of this package is needed but `offchain.errors`.
"""

from offchain.client.client import Colophon, Wallet, signed

__all__ = ["Colophon", "Wallet", "signed"]
