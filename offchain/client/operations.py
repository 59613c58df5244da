"""Every operation of the service; made by `make clients` from openapi.json, not to be edited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Literal, cast
from urllib.parse import quote

from offchain.client import models
from offchain.client.transport import Request, Transport

__all__ = ["Operations"]


class Operations(Transport):
    """The service's operations, by their names in the OpenAPI document."""

    def list_works(
        self,
        *,
        q: str | None = None,
        holder: str | None = None,
        registrant: str | None = None,
        creator: str | None = None,
        iscc: str | None = None,
        kind: Literal["text", "image", "audio", "video"] | None = None,
        for_sale: bool | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> models.WorksOut:
        """Registered works, newest first, or with `q` the best matches first."""
        return cast(
            "models.WorksOut",
            self._ask(
                Request(
                    "GET",
                    "/v1/works",
                    query={
                        "q": q,
                        "holder": holder,
                        "registrant": registrant,
                        "creator": creator,
                        "iscc": iscc,
                        "kind": kind,
                        "for_sale": for_sale,
                        "cursor": cursor,
                        "limit": limit,
                    },
                )
            ),
        )

    def register_work(
        self,
        request: models.RegistrationIn,
        file: tuple[str, IO[bytes]] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> models.JobOut:
        """Begin a registration: the job comes to await the registrant's signature, then registers the work."""
        return cast(
            "models.JobOut",
            self._ask(
                Request(
                    "POST",
                    "/v1/works",
                    form={"request": request},
                    files={"file": file},
                    keyed=True,
                    key=idempotency_key,
                )
            ),
        )

    def get_work(self, work: str) -> models.WorkOut:
        """A registered work, with the works it derives from and those that derive from it."""
        return cast("models.WorkOut", self._ask(Request("GET", f"/v1/works/{quote(work, safe='')}")))

    def get_graph(
        self,
        work: str,
        *,
        direction: Literal["up", "down", "both"] | None = None,
        depth: int | None = None,
        limit: int | None = None,
    ) -> models.GraphOut:
        """Works and shares around a work, nearest first; with `Accept: image/svg+xml` as a picture."""
        return cast(
            "models.GraphOut",
            self._ask(
                Request(
                    "GET",
                    f"/v1/works/{quote(work, safe='')}/graph",
                    query={"direction": direction, "depth": depth, "limit": limit},
                )
            ),
        )

    def get_graph_as(
        self,
        work: str,
        *,
        direction: Literal["up", "down", "both"] | None = None,
        depth: int | None = None,
        limit: int | None = None,
    ) -> Iterator[bytes]:
        """Works and shares around a work, nearest first; with `Accept: image/svg+xml` as a picture."""
        return self._stream(
            Request(
                "GET",
                f"/v1/works/{quote(work, safe='')}/graph",
                query={"direction": direction, "depth": depth, "limit": limit},
            ),
            "image/svg+xml",
        )

    def get_graph_picture(
        self, work: str, *, direction: Literal["up", "down", "both"] | None = None, depth: int | None = None
    ) -> Iterator[bytes]:
        """The graph as a picture, for pages that show it by its address."""
        return self._stream(
            Request(
                "GET", f"/v1/works/{quote(work, safe='')}/graph.svg", query={"direction": direction, "depth": depth}
            ),
            "image/svg+xml",
        )

    def search_works(self, file: tuple[str, IO[bytes]]) -> models.RecognitionOut:
        """Compare a file with every registered work: the same, derived, similar, or new. Nothing is kept."""
        return cast("models.RecognitionOut", self._ask(Request("POST", "/v1/works/search", files={"file": file})))

    def make_challenge(self, body: models.ChallengeIn) -> models.ChallengeOut:
        """A message for a wallet to sign in with; it serves once."""
        return cast("models.ChallengeOut", self._ask(Request("POST", "/v1/auth/challenge", body=body)))

    def open_session(self, body: models.SessionIn) -> models.SessionOut:
        """Sign in: an access token for a quarter of an hour, and a refresh token for thirty days."""
        return cast("models.SessionOut", self._ask(Request("POST", "/v1/auth/session", body=body)))

    def close_session(self) -> None:
        """Sign out; both tokens of the session end. Without a session, nothing happens."""
        self._ask(Request("DELETE", "/v1/auth/session"))

    def refresh_session(self, body: models.RefreshIn) -> models.SessionOut:
        """New tokens for a session; the old ones end. A refresh token that is shown twice ends the session."""
        return cast("models.SessionOut", self._ask(Request("POST", "/v1/auth/refresh", body=body)))

    def get_caller(self) -> models.CallerOut:
        """Who the service takes you for, and what you may do."""
        return cast("models.CallerOut", self._ask(Request("GET", "/v1/auth/me")))

    def list_api_keys(self) -> models.ApiKeysOut:
        """Your API keys, oldest first, without the keys themselves."""
        return cast("models.ApiKeysOut", self._ask(Request("GET", "/v1/api-keys")))

    def make_api_key(self, body: models.ApiKeyIn) -> models.NewApiKeyOut:
        """An API key for a server of yours; it is told once, so there is no idempotency key. No key can make keys."""
        return cast("models.NewApiKeyOut", self._ask(Request("POST", "/v1/api-keys", body=body)))

    def revoke_api_key(self, key: str) -> None:
        """End an API key at once."""
        self._ask(Request("DELETE", f"/v1/api-keys/{quote(key, safe='')}"))

    def get_content(
        self,
        cid: str,
        *,
        accept: Literal[
            "application/octet-stream", "application/vnd.ipld.car", "application/vnd.ipld.raw"
        ] = "application/octet-stream",
    ) -> Iterator[bytes]:
        """Pinned content, or a range of it."""
        return self._stream(Request("GET", f"/v1/content/{quote(cid, safe='')}"), accept)

    def get_master(self, work: str, *, licence: str | None = None) -> Iterator[bytes]:
        """The exact bytes of a work that was sealed here, or a range of them, under the rules of POST /v1/keys."""
        return self._stream(
            Request("GET", f"/v1/works/{quote(work, safe='')}/master", query={"licence": licence}),
            "application/octet-stream",
        )

    def generate(
        self, body: models.TextIn | models.MusicIn | models.ImageIn, *, idempotency_key: str | None = None
    ) -> models.JobOut:
        """Let a model make works; each can be registered by naming this job as `generation`."""
        return cast(
            "models.JobOut", self._ask(Request("POST", "/v1/generations", body=body, keyed=True, key=idempotency_key))
        )

    def get_generated(self, work: str, job_id: str) -> Iterator[bytes]:
        """The bytes of a work that a job of yours made, until somebody registers it: then its licensees open it."""
        return self._stream(Request("GET", f"/v1/generations/{quote(job_id, safe='')}/works/{quote(work, safe='')}"))

    def list_jobs(
        self,
        *,
        kind: Literal["registration", "purchase", "generation"] | None = None,
        state: Literal["running", "awaiting-signature", "done", "failed", "waiting", "interrupted", "cancelled"]
        | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> models.JobsOut:
        """Your jobs, newest first; the `Link` header leads to the next page (RFC 8288). A page may be short."""
        return cast(
            "models.JobsOut",
            self._ask(
                Request("GET", "/v1/jobs", query={"kind": kind, "state": state, "cursor": cursor, "limit": limit})
            ),
        )

    def get_job(self, job_id: str) -> models.JobOut:
        """How a job of yours stands, or a purchase of anybody's."""
        return cast("models.JobOut", self._ask(Request("GET", f"/v1/jobs/{quote(job_id, safe='')}")))

    def stream_job(self, job_id: str) -> Iterator[models.JobOut]:
        """The job on every change, as server-sent events named `job`, whichever process runs it."""
        return cast(
            "Iterator[models.JobOut]", self._events(Request("GET", f"/v1/jobs/{quote(job_id, safe='')}/events"))
        )

    def sign_job(self, job_id: str, body: models.SignatureIn, *, idempotency_key: str | None = None) -> models.JobOut:
        """Hand in the signature over the job's typed data; the job goes on."""
        return cast(
            "models.JobOut",
            self._ask(
                Request(
                    "POST", f"/v1/jobs/{quote(job_id, safe='')}/signature", body=body, keyed=True, key=idempotency_key
                )
            ),
        )

    def retry_job(self, job_id: str, *, idempotency_key: str | None = None) -> models.JobOut:
        """Let a waiting, interrupted or cancelled job go on now; a job in another state is left alone."""
        return cast(
            "models.JobOut",
            self._ask(Request("POST", f"/v1/jobs/{quote(job_id, safe='')}/retry", keyed=True, key=idempotency_key)),
        )

    def cancel_job(self, job_id: str, *, idempotency_key: str | None = None) -> models.JobOut:
        """Stop a generation, or a registration that is not signed yet, nor its commitment seen; an ended one is left alone."""
        return cast(
            "models.JobOut",
            self._ask(Request("POST", f"/v1/jobs/{quote(job_id, safe='')}/cancel", keyed=True, key=idempotency_key)),
        )

    def get_prices(self, work: str, *, currency: str | None = None) -> models.PricesOut:
        """Every price that may be quoted for a work now: the reason, the curve behind it, and the proof with its input."""
        return cast(
            "models.PricesOut",
            self._ask(Request("GET", f"/v1/works/{quote(work, safe='')}/prices", query={"currency": currency})),
        )

    def get_price_picture(self, work: str, tier: str, segment: str, *, currency: str | None = None) -> Iterator[bytes]:
        """One price as a picture: demand with its interval, net revenue, the price and its runner-up, floor and ceiling."""
        return self._stream(
            Request(
                "GET",
                f"/v1/works/{quote(work, safe='')}/prices/{quote(tier, safe='')}/{quote(segment, safe='')}/picture",
                query={"currency": currency},
            ),
            "image/svg+xml",
        )

    def make_quote(self, body: models.QuoteIn, *, idempotency_key: str | None = None) -> models.QuoteOut:
        """A signed price for a work under a tier's terms, with everything that a wallet needs to accept it."""
        return cast(
            "models.QuoteOut", self._ask(Request("POST", "/v1/quotes", body=body, keyed=True, key=idempotency_key))
        )

    def get_quote(self, digest: str) -> models.QuoteOut:
        """A quote that was made here."""
        return cast("models.QuoteOut", self._ask(Request("GET", f"/v1/quotes/{quote(digest, safe='')}")))

    def place_order(self, body: models.OrderIn, *, idempotency_key: str | None = None) -> models.JobOut:
        """Place a buyer's signed order; the service submits it and pays the gas."""
        return cast(
            "models.JobOut", self._ask(Request("POST", "/v1/orders", body=body, keyed=True, key=idempotency_key))
        )

    def get_licence(self, licence: str) -> models.LicenceOut:
        """A licence as the chain has it now; `live` is what counts."""
        return cast("models.LicenceOut", self._ask(Request("GET", f"/v1/licences/{quote(licence, safe='')}")))

    def list_terms(self) -> models.TermsListOut:
        """The standard terms of this chain."""
        return cast("models.TermsListOut", self._ask(Request("GET", "/v1/terms")))

    def get_certificate(
        self, licence: str, *, accept: Literal["application/vc", "application/pdf"] = "application/vc"
    ) -> Iterator[bytes]:
        """A licence's certificate: a Verifiable Credential, or with `Accept: application/pdf` a page with a QR code."""
        return self._stream(Request("GET", f"/v1/licences/{quote(licence, safe='')}/certificate"), accept)

    def verify_certificate_digest(
        self, *, chain: int, contract: str, licence: str, sha256: str
    ) -> models.CertificateVerdictOut:
        """What a printed certificate's QR code asks: is this what the chain says of the licence now?"""
        return cast(
            "models.CertificateVerdictOut",
            self._ask(
                Request(
                    "GET",
                    "/v1/certificates/verify",
                    query={"chain": chain, "contract": contract, "licence": licence, "sha256": sha256},
                )
            ),
        )

    def verify_certificate(self, body: models.CertificateIn) -> models.CertificateVerdictOut:
        """Check a certificate's signature and issuer, and what the chain says of the licence now. Nothing is fetched."""
        return cast("models.CertificateVerdictOut", self._ask(Request("POST", "/v1/certificates/verify", body=body)))

    def get_did_document(self) -> Any:
        """Whose key signs certificates here (did:web)."""
        return cast("Any", self._ask(Request("GET", "/.well-known/did.json")))

    def draft_key_request(
        self, *, account: str, recipient: str, licence: str | None = None, work: str | None = None
    ) -> models.KeyDraftOut:
        """What a wallet signs to be given a content key; nothing is kept, and nothing is promised."""
        return cast(
            "models.KeyDraftOut",
            self._ask(
                Request(
                    "GET",
                    "/v1/keys/draft",
                    query={"account": account, "recipient": recipient, "licence": licence, "work": work},
                )
            ),
        )

    def release_key(self, body: models.KeyIn) -> models.KeyOut:
        """The content key of a work, wrapped to the age recipient that the signature names."""
        return cast("models.KeyOut", self._ask(Request("POST", "/v1/keys", body=body)))

    def list_key_releases(self, body: models.KeyLogIn) -> models.KeyLogOut:
        """To whom a work's content key was released, for the holder of its title; changes nothing."""
        return cast("models.KeyLogOut", self._ask(Request("POST", "/v1/keys/log", body=body)))

    def get_statement(
        self,
        account: str,
        *,
        format: str | None = None,
        from_: int | None = None,
        to: int | None = None,
        from_block: int | None = None,
        to_block: int | None = None,
        work: str | None = None,
        currency: str | None = None,
    ) -> models.StatementOut:
        """What an account earned and withdrew in a period, by work and currency, folded from events alone."""
        return cast(
            "models.StatementOut",
            self._ask(
                Request(
                    "GET",
                    f"/v1/statements/{quote(account, safe='')}",
                    query={
                        "format": format,
                        "from": from_,
                        "to": to,
                        "from_block": from_block,
                        "to_block": to_block,
                        "work": work,
                        "currency": currency,
                    },
                )
            ),
        )

    def get_statement_as(
        self,
        account: str,
        *,
        accept: Literal["text/csv", "application/pdf"] = "text/csv",
        format: str | None = None,
        from_: int | None = None,
        to: int | None = None,
        from_block: int | None = None,
        to_block: int | None = None,
        work: str | None = None,
        currency: str | None = None,
    ) -> Iterator[bytes]:
        """What an account earned and withdrew in a period, by work and currency, folded from events alone."""
        return self._stream(
            Request(
                "GET",
                f"/v1/statements/{quote(account, safe='')}",
                query={
                    "format": format,
                    "from": from_,
                    "to": to,
                    "from_block": from_block,
                    "to_block": to_block,
                    "work": work,
                    "currency": currency,
                },
            ),
            accept,
        )

    def list_statement_entries(
        self,
        account: str,
        *,
        cursor: int | None = None,
        limit: int | None = None,
        from_: int | None = None,
        to: int | None = None,
        from_block: int | None = None,
        to_block: int | None = None,
        work: str | None = None,
        currency: str | None = None,
    ) -> models.EntriesOut:
        """Every event that a statement rests on, oldest first; the `Link` header leads to the next page (RFC 8288)."""
        return cast(
            "models.EntriesOut",
            self._ask(
                Request(
                    "GET",
                    f"/v1/statements/{quote(account, safe='')}/entries",
                    query={
                        "cursor": cursor,
                        "limit": limit,
                        "from": from_,
                        "to": to,
                        "from_block": from_block,
                        "to_block": to_block,
                        "work": work,
                        "currency": currency,
                    },
                )
            ),
        )

    def get_claims(self, account: str, *, currency: str | None = None) -> models.ClaimsOut:
        """What an account can claim, as transactions that its own wallet sends; nobody else can."""
        return cast(
            "models.ClaimsOut",
            self._ask(Request("GET", f"/v1/claims/{quote(account, safe='')}", query={"currency": currency})),
        )

    def get_flows(self, work: str, *, currency: str | None = None) -> models.FlowsOut:
        """How much money moved over each edge around a work; with `Accept: image/svg+xml` a picture of one currency."""
        return cast(
            "models.FlowsOut",
            self._ask(Request("GET", f"/v1/works/{quote(work, safe='')}/flows", query={"currency": currency})),
        )

    def get_flows_as(self, work: str, *, currency: str | None = None) -> Iterator[bytes]:
        """How much money moved over each edge around a work; with `Accept: image/svg+xml` a picture of one currency."""
        return self._stream(
            Request("GET", f"/v1/works/{quote(work, safe='')}/flows", query={"currency": currency}), "image/svg+xml"
        )

    def issue_takedown(self, body: models.TakedownIn, *, idempotency_key: str | None = None) -> models.TakedownOut:
        """Take a work down: no quote, order, key, content or copy of it from now on; its title and licences stay."""
        return cast(
            "models.TakedownOut",
            self._ask(Request("POST", "/v1/takedowns", body=body, keyed=True, key=idempotency_key)),
        )

    def list_takedowns(
        self, *, work: str | None = None, cursor: int | None = None, limit: int | None = None
    ) -> models.TakedownsOut:
        """Notices, newest first, those that were lifted too."""
        return cast(
            "models.TakedownsOut",
            self._ask(Request("GET", "/v1/takedowns", query={"work": work, "cursor": cursor, "limit": limit})),
        )

    def get_takedown(self, number: str) -> models.TakedownOut:
        """A notice, and what happened about it."""
        return cast("models.TakedownOut", self._ask(Request("GET", f"/v1/takedowns/{quote(number, safe='')}")))

    def answer_takedown(
        self, number: str, body: models.AnswerIn, *, idempotency_key: str | None = None
    ) -> models.TakedownOut:
        """Say something about a notice, as the holder of the work's title; everybody can read it."""
        return cast(
            "models.TakedownOut",
            self._ask(
                Request(
                    "POST", f"/v1/takedowns/{quote(number, safe='')}/answer", body=body, keyed=True, key=idempotency_key
                )
            ),
        )

    def lift_takedown(
        self, number: str, body: models.LiftIn, *, idempotency_key: str | None = None
    ) -> models.TakedownOut:
        """Offer the work again; its content is pinned again soon after. The notice stays in the list."""
        return cast(
            "models.TakedownOut",
            self._ask(
                Request(
                    "POST", f"/v1/takedowns/{quote(number, safe='')}/lift", body=body, keyed=True, key=idempotency_key
                )
            ),
        )

    def make_webhook(self, body: models.WebhookIn, *, idempotency_key: str | None = None) -> models.WebhookOut:
        """Be told from now on what happens to what you hold, registered or take part in, and to works that you follow."""
        return cast(
            "models.WebhookOut", self._ask(Request("POST", "/v1/webhooks", body=body, keyed=True, key=idempotency_key))
        )

    def list_webhooks(self) -> models.WebhooksOut:
        """Your webhooks, oldest first."""
        return cast("models.WebhooksOut", self._ask(Request("GET", "/v1/webhooks")))

    def get_webhook(self, number: str) -> models.WebhookOut:
        """A webhook of yours."""
        return cast("models.WebhookOut", self._ask(Request("GET", f"/v1/webhooks/{quote(number, safe='')}")))

    def change_webhook(self, number: str, body: models.WebhookChangeIn) -> models.WebhookOut:
        """Be told elsewhere, or of something else, from the next message on."""
        return cast(
            "models.WebhookOut", self._ask(Request("PATCH", f"/v1/webhooks/{quote(number, safe='')}", body=body))
        )

    def remove_webhook(self, number: str) -> None:
        """Be told no more; what waits is forgotten."""
        self._ask(Request("DELETE", f"/v1/webhooks/{quote(number, safe='')}"))

    def get_webhook_secret(self, number: str) -> models.SecretOut:
        """What signs the messages of a webhook of yours."""
        return cast("models.SecretOut", self._ask(Request("GET", f"/v1/webhooks/{quote(number, safe='')}/secret")))

    def enable_webhook(self, number: str, *, idempotency_key: str | None = None) -> models.WebhookOut:
        """Send again, now, beginning with what waits."""
        return cast(
            "models.WebhookOut",
            self._ask(
                Request("POST", f"/v1/webhooks/{quote(number, safe='')}/enable", keyed=True, key=idempotency_key)
            ),
        )

    def rotate_webhook_secret(self, number: str, *, idempotency_key: str | None = None) -> models.WebhookOut:
        """A new signing secret; for a day messages carry a signature by the former one, too."""
        return cast(
            "models.WebhookOut",
            self._ask(
                Request("POST", f"/v1/webhooks/{quote(number, safe='')}/rotate", keyed=True, key=idempotency_key)
            ),
        )

    def test_webhook(self, number: str, *, idempotency_key: str | None = None) -> models.DeliveryOut:
        """Send a message of type `webhook.test`, behind those that wait."""
        return cast(
            "models.DeliveryOut",
            self._ask(Request("POST", f"/v1/webhooks/{quote(number, safe='')}/test", keyed=True, key=idempotency_key)),
        )

    def list_deliveries(
        self, number: str, *, cursor: int | None = None, limit: int | None = None
    ) -> models.DeliveriesOut:
        """What was sent and what waits, newest first, with every try; kept for thirty days."""
        return cast(
            "models.DeliveriesOut",
            self._ask(
                Request(
                    "GET", f"/v1/webhooks/{quote(number, safe='')}/deliveries", query={"cursor": cursor, "limit": limit}
                )
            ),
        )

    def redeliver(self, number: str, message: str, *, idempotency_key: str | None = None) -> models.DeliveryOut:
        """Send a message again under its own id, before what waits."""
        return cast(
            "models.DeliveryOut",
            self._ask(
                Request(
                    "POST",
                    f"/v1/webhooks/{quote(number, safe='')}/deliveries/{quote(message, safe='')}/redeliver",
                    keyed=True,
                    key=idempotency_key,
                )
            ),
        )

    def health(self) -> models.HealthOut:
        """The process lives."""
        return cast("models.HealthOut", self._ask(Request("GET", "/healthz")))

    def ready(self) -> models.ReadyOut:
        """Chain, indexer, IPFS nodes, store, relayers, workers and disk are as they must be; 503 when one is not."""
        return cast("models.ReadyOut", self._ask(Request("GET", "/readyz")))

    def get_metrics(self) -> Iterator[bytes]:
        """Measurements for Prometheus, where the operator has set COLOPHON_METRICS=1: they tell of business."""
        return self._stream(Request("GET", "/metrics"), "text/plain")

    def get_chain(self) -> models.ChainOut:
        """The chain, the contracts, the currencies, and the service's own accounts."""
        return cast("models.ChainOut", self._ask(Request("GET", "/v1/chain")))
