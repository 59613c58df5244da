"""Another master key: whatever lies in the store under the old one is wrapped anew."""

from __future__ import annotations

from offchain.storage.master_key import MasterKey
from offchain.store import Store
from offchain.workflows.sealing import unwrap
from offchain.workflows.webhooks.secrets import open_secret, opens, seal_secret

__all__ = ["rewrap_keys"]


def rewrap_keys(store: Store, old: MasterKey, new: MasterKey) -> int:
    """Wrap every content key and every webhook's secrets under another master key, all or none; how many were.

    Raises:
        UnavailableError: `content-key-foreign`, `content-key-damaged`.
    """
    with store.transaction() as tx:
        records = [record for record in tx.content_keys.all() if record.master != new.id]
        for record in records:
            record.wrapped = new.wrap(record.work, unwrap(old, record))
            record.master = new.id
        webhooks = [each for each in tx.webhooks.all() if not opens(new, each.id, each.secret)]
        for webhook in webhooks:
            webhook.secret = _moved(old, new, webhook.id, webhook.secret)
            if webhook.former is not None:
                webhook.former = _moved(old, new, webhook.id, webhook.former)
    return len(records) + len(webhooks)


def _moved(old: MasterKey, new: MasterKey, webhook: str, sealed: bytes) -> bytes:
    return seal_secret(new, webhook, open_secret(old, webhook, sealed))
