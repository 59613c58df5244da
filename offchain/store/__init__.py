"""The store: SQLAlchemy models, repositories and migrations; SQLite by default, PostgreSQL by URL.

    store = open_store(settings.database_url)
    with store.transaction() as tx:
        work = tx.works.get(work_id)

A record that was read in a transaction is saved when it is changed there; outside, it is a plain value. Only this
room builds queries.
"""

from offchain.store.catalogue import Place, Wanted
from offchain.store.contents import ContentRecord
from offchain.store.epochs import EpochPriceRecord, PriceEpochRecord
from offchain.store.events import BlockRecord, EventRecord, LicenceRecord, TitleRecord
from offchain.store.idempotency import IdempotencyRecord
from offchain.store.keys import ContentKeyRecord, KeyReleaseRecord
from offchain.store.leases import Lease
from offchain.store.offers import OfferRecord
from offchain.store.postponed import PostponedRecord
from offchain.store.sales import OrderRecord, OrderStatus, QuoteRecord
from offchain.store.sessions import ApiKeyRecord, SessionRecord
from offchain.store.sightings import CaseRecord, SightingRecord
from offchain.store.store import Store, UnitOfWork, open_store
from offchain.store.takedowns import TakedownActRecord, TakedownRecord
from offchain.store.transactions import AttemptRecord, TransactionRecord, TransactionStatus
from offchain.store.unrelayed import UnrelayedRecord
from offchain.store.webhooks import WebhookAttemptRecord, WebhookMessageRecord, WebhookRecord
from offchain.store.works import SimilarityCodeRecord, WorkRecord, WorkStatus

__all__ = [
    "ApiKeyRecord",
    "AttemptRecord",
    "BlockRecord",
    "CaseRecord",
    "ContentKeyRecord",
    "ContentRecord",
    "EpochPriceRecord",
    "EventRecord",
    "IdempotencyRecord",
    "KeyReleaseRecord",
    "Lease",
    "LicenceRecord",
    "OfferRecord",
    "OrderRecord",
    "OrderStatus",
    "Place",
    "PostponedRecord",
    "PriceEpochRecord",
    "QuoteRecord",
    "SessionRecord",
    "SightingRecord",
    "SimilarityCodeRecord",
    "Store",
    "TakedownActRecord",
    "TakedownRecord",
    "TitleRecord",
    "TransactionRecord",
    "TransactionStatus",
    "UnitOfWork",
    "UnrelayedRecord",
    "Wanted",
    "WebhookAttemptRecord",
    "WebhookMessageRecord",
    "WebhookRecord",
    "WorkRecord",
    "WorkStatus",
    "open_store",
]
