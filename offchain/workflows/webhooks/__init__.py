"""Webhooks (Standard Webhooks): accounts are told what happens, in order, at least once, by signed POSTs.

endpoints   what an account asks to be told, and where
happenings  what happened: confirmed events of the chain, and notices; each once a message for each endpoint
courier     sends what waits, endpoint by endpoint, and tries again
posting     one POST to a stranger's server, which never reaches this machine's own network
"""

from offchain.workflows.webhooks.courier import Courier, deliver_due
from offchain.workflows.webhooks.endpoints import (
    Delivery,
    Endpoint,
    change_webhook,
    deliveries_of,
    enable_webhook,
    find_webhook,
    make_webhook,
    redeliver,
    remove_webhook,
    rotate_secret,
    send_test,
    webhooks_of,
)
from offchain.workflows.webhooks.happenings import TYPES, fan_out

__all__ = ["TYPES", "Courier", "Delivery", "Endpoint", "change_webhook", "deliver_due", "deliveries_of"]
__all__ += ["enable_webhook", "fan_out", "find_webhook", "make_webhook", "redeliver", "remove_webhook"]
__all__ += ["rotate_secret", "send_test", "webhooks_of"]
