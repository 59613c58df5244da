"""The schemas of the service; made by `make clients` from openapi.json, not to be edited."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict


class ActOut(TypedDict):
    """
    What somebody said or did.
    """

    act: Literal["issued", "answered", "lifted", "withheld", "restored"]
    account: str | None
    text: str
    at: int


class AnswerIn(TypedDict, closed=True):
    """
    What the holder of the title says about a notice.
    """

    text: str


class AttemptOut(TypedDict):
    """
    A try: `status` of HTTP, or `error` where no answer came.
    """

    at: int
    milliseconds: int
    status: int | None
    error: str | None
    answer: str


class BasisOut(TypedDict):
    """
    What the price rests on; the struct's `basis` is its digest (docs/SPECIFICATION.md, §7).
    """

    model_hash: str
    epoch: int | None
    duals_hash: str | None


class BindingOut(TypedDict):
    """
    A rule that holds a price; what easing it could add at most, in minor units a period.
    """

    kind: str
    rule: str
    slack: str
    worth: str


class BodyRegisterWork(TypedDict):
    request: str
    file: NotRequired[str | None]


class BodySearchWorks(TypedDict):
    file: str


class CertificateIn(TypedDict, closed=True):
    """
    A certificate to check, as it was given out.
    """

    certificate: dict[str, Any]


class CertificateVerdictOut(TypedDict):
    """
    What is known of a certificate; only `valid` proves anything, and only now.
    """

    verdict: Literal["valid", "outdated", "not-live", "invalid"]
    why: str
    authentic: bool | None
    licence: str | None
    holder: str | None
    live: bool
    expiry: int | None


class ChallengeIn(TypedDict, closed=True):
    """
    Who wants to sign in.
    """

    account: str


class ChallengeOut(TypedDict):
    """
    A message (EIP-4361) for the account's wallet to sign by `personal_sign`, within five minutes.
    """

    message: str


class CheckOut(TypedDict):
    """
    One thing that the service needs: `code` names what is wrong, `detail` says it in words.

    `lag` is blocks that the index is behind the head; `answering` of the IPFS nodes answer and `needed` must;
    `balance` is wei of the poorest relayer, `in_flight` its transactions on their way; `free` is bytes on the disk.
    """

    ok: bool
    code: NotRequired[str | None]
    detail: NotRequired[str | None]
    lag: NotRequired[int | None]
    answering: NotRequired[int | None]
    needed: NotRequired[int | None]
    balance: NotRequired[str | None]
    in_flight: NotRequired[int | None]
    free: NotRequired[int | None]


class CurrencyOut(TypedDict):
    """
    A currency that the ledger takes; `token` is null for the native coin.
    """

    index: int
    currency: str
    symbol: str
    decimals: int
    token: str | None


class DeliveryOut(TypedDict):
    """
    A message, and how sending it went.
    """

    id: str
    type: str
    body: str
    created_at: int
    delivered_at: int | None
    attempts: list[AttemptOut]


class DerivationOut(TypedDict):
    """
    A child's debt to a parent; ceiling 0: there is none.
    """

    child: str
    parent: str
    upstream_ppm: int
    currency: str
    guarantee: str
    ceiling: str


class EntryOut(TypedDict):
    """
    What one event changed in what the account may withdraw; minor units, `amount` negative where money left.
    """

    block: int
    time: int
    transaction: str
    log_index: int
    kind: Literal["deposit", "release", "pull", "claim", "advance", "judgement", "shares"]
    work: str
    series: int
    currency: str
    amount: str
    balance: str
    payer: str | None
    source: str | None
    confirmed: bool


class FlowOut(TypedDict):
    """
    What was pulled from a child to its parent so far in one currency; minor units.
    """

    child: str
    parent: str
    currency: str
    symbol: str
    decimals: int
    moved: str


class FlowWorkOut(TypedDict):
    """
    A work that money moved through; `title` is null where its metadata was not read.
    """

    work: str
    title: str | None


class FlowsOut(TypedDict):
    """
    How money moved over the derivations around a work; `truncated`: the graph is larger.
    """

    work: str
    works: list[FlowWorkOut]
    flows: list[FlowOut]
    truncated: bool


class GraphWorkOut(TypedDict):
    """
    A work of the graph; `title` is null where its metadata was not read.
    """

    work: str
    title: str | None
    holder: str
    distance: int


class HealthOut(TypedDict):
    """
    The process answers.
    """

    status: Literal["ok"]


class IdentityOut(TypedDict):
    """
    What a file is.
    """

    work: str
    size: int
    media_type: str
    iscc: str
    units: list[str]
    featureless: bool


class ImageParametersIn(TypedDict, closed=True):
    """
    How a picture is made.
    """

    truncation: NotRequired[float]
    size: NotRequired[int]


class KeyDraftOut(TypedDict):
    """
    What the account signs; its `message` is the `request` of POST /v1/keys.
    """

    typed_data: dict[str, Any]


class KeyLogMessageIn(TypedDict):
    """
    The message of the typed data (EIP-712 `KeyLogRequest`), as it was signed.
    """

    account: str
    work: int
    service: str
    deadline: int


class KeyMessageIn(TypedDict):
    """
    The message of the request's typed data, as it was signed; numbers as decimal strings or integers.
    """

    account: str
    work: int
    licence: int
    recipient: str
    nonce: int
    deadline: int


class LicenceOut(TypedDict):
    """
    A licence as the chain has it now; only `live` ones prove anything. `expiry` null is for ever.
    """

    licence: str
    live: bool
    holder: str
    work: str
    tier: str | None
    terms: int
    offer: str
    price: str
    currency: str
    expiry: int | None
    confirmed: bool
    derivatives_used: int
    derivatives_allowed: int


class LiftIn(TypedDict, closed=True):
    """
    Why the work is offered again.
    """

    text: str


class LineOut(TypedDict):
    """
    What one series of a work's royalty shares earned for an account in one currency, in minor units.

    `opening` could be withdrawn at the beginning, `claimable` at the end: opening + earned − claimed = claimable.
    A work has a single series, 0, unless a judgement gave its title away and began the next.
    """

    work: str
    title: str | None
    series: int
    currency: str
    decimals: int
    opening: str
    earned: str
    claimed: str
    claimable: str


class ListingOut(TypedDict):
    """
    A fixed price on chain; it sells `supply` licences, 0: no limit.
    """

    offer: str
    terms: int
    tier: str | None
    price: str
    currency: str
    supply: int
    sold: int


class MandateOut(TypedDict):
    """
    A tier that can be quoted.
    """

    tier: str
    terms: int
    currency: str
    floor: str
    ceiling: str
    expiry: int


class MusicParametersIn(TypedDict, closed=True):
    """
    How a piece is drawn; a melody brings its own length and metre.
    """

    key: NotRequired[str | None]
    bars: NotRequired[int]
    metre: NotRequired[str]
    tempo: NotRequired[int]
    temperature: NotRequired[float]
    top_p: NotRequired[float]


class OrderDraftOut(TypedDict):
    """
    What the buyer signs.
    """

    typed_data: dict[str, Any]


class OrderMessageIn(TypedDict):
    """
    The message of the order's typed data, as it was signed; numbers as decimal strings or integers.
    """

    buyer: str
    recipient: str
    quote: str
    maxPrice: int
    expiry: int
    epoch: int
    nonce: int


class ParentOut(TypedDict):
    """
    A work that this one derives from, and the share that it is owed.
    """

    work: str
    upstream_ppm: int


class PermitDraftOut(TypedDict):
    """
    What the buyer signs so that the ledger may take the price (ERC-2612).
    """

    typed_data: dict[str, Any]
    value: str
    deadline: int


class PermitIn(TypedDict, closed=True):
    """
    A signed ERC-2612 permit.
    """

    value: int
    deadline: int
    signature: str


class PinOut(TypedDict):
    """
    A JSON document on IPFS; `digest` is its sha256.
    """

    cid: str
    digest: str


class Problem(TypedDict):
    """
    A problem (RFC 9457).
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    remedy: str
    facts: dict[str, Any]
    instance: str


class PullOut(TypedDict):
    """
    An edge to pull: what `child` owes to its `edge`-th parent; `currency` is the index in the ledger's list.
    """

    child: str
    edge: int
    currency: int


class QuoteIn(TypedDict, closed=True):
    """
    A price is wanted. With a buyer, the quote is for that account alone and comes with data ready to sign.
    """

    work: str
    tier: str
    buyer: NotRequired[str | None]
    recipient: NotRequired[str | None]
    segment: NotRequired[str]
    currency: NotRequired[str | None]
    seconds: NotRequired[int]


class QuoteStructOut(TypedDict):
    """
    The signed struct (EIP-712 `Quote`); `currency` is the index in the ledger's list.
    """

    work: str
    seller: str
    terms: int
    currency: int
    price: str
    buyer: str
    maxQuantity: int
    expiry: int
    workEpoch: int
    signerEpoch: str
    grants: int
    basis: str


class ReadyOut(TypedDict):
    """
    Whether requests can be served.
    """

    ready: bool
    checks: dict[str, CheckOut]


class RefreshIn(TypedDict, closed=True):
    """
    A refresh token; it serves once.
    """

    refresh_token: str


class RegionOut(TypedDict):
    """
    Where a file and a registered work agree.
    """

    unit: Literal["pixel-share", "second", "word"]
    here: list[float]
    there: list[float]


class ReleaseOut(TypedDict):
    """
    One release; `licence` 0 was the holder of the title.
    """

    account: str
    licence: str
    recipient: str
    block: int
    released_at: int


class RenditionOut(TypedDict):
    """
    Pinned bytes; `sha256` is of these bytes. Those with a `scheme` are sealed: POST /v1/keys opens them.
    """

    role: str
    media_type: str
    size: int
    sha256: str
    cid: str
    scheme: NotRequired[str | None]


class SecretOut(TypedDict):
    """
    What signs a webhook's messages (HMAC-SHA256); keep it like a password.
    """

    secret: str


class SessionIn(TypedDict, closed=True):
    """
    The signed message, unchanged.
    """

    message: str
    signature: str


class SessionOut(TypedDict):
    """
    A session; send the access token as `Authorization: Bearer …`.
    """

    account: str
    access_token: str
    access_until: int
    refresh_token: str
    refresh_until: int


class SignatureIn(TypedDict, closed=True):
    """
    A signature over a job's typed data.
    """

    signature: str
    chain_id: NotRequired[int | None]


class TakedownIn(TypedDict, closed=True):
    """
    A notice.
    """

    work: str
    kind: Literal["court", "rights-holder", "operator"]
    reference: str
    reason: str


class TakedownOut(TypedDict):
    """
    A notice, and what happened about it, oldest first. What stands on the chain stays there.
    """

    id: str
    work: str
    kind: Literal["court", "rights-holder", "operator"]
    reference: str
    reason: str
    active: bool
    settled: bool
    created_at: int
    acts: list[ActOut]


class TakedownsOut(TypedDict):
    """
    Notices, newest first.
    """

    items: list[TakedownOut]
    next: str | None


class TermsOut(TypedDict):
    """
    Standard terms: their number on this chain and the document that carries the legal text.
    """

    tier: str
    number: int
    cid: str
    digest: str
    scope: dict[str, list[str]]
    duration: int
    upstream_ppm: int
    max_derivatives: int
    seats: int
    refund_days: int
    transferable: bool
    lasting: bool
    exclusive: bool
    renewable: bool
    guarantee: str
    ceiling: str
    guarantee_currency: int
    document: dict[str, Any]


class TextParametersIn(TypedDict, closed=True):
    """
    How a text is drawn.
    """

    max_tokens: NotRequired[int]
    temperature: NotRequired[float]
    top_p: NotRequired[float]


class TotalOut(TypedDict):
    """
    The sum of an account's lines in one currency; minor units.
    """

    currency: str
    decimals: int
    opening: str
    earned: str
    claimed: str
    claimable: str


class TransactionOut(TypedDict):
    """
    A transaction for the account's own wallet to sign and send.
    """

    to: str
    data: str
    value: str
    chain_id: int
    gas: int


WalletTransactionOut = TypedDict(
    "WalletTransactionOut",
    {
        "chainId": str,
        "from": str,
        "to": str,
        "data": str,
        "value": str,
    },
)


class WebhookChangeIn(TypedDict, closed=True):
    """
    What changes; the rest stays.
    """

    url: NotRequired[str | None]
    events: NotRequired[list[str] | None]
    works: NotRequired[list[str] | None]


class WebhookIn(TypedDict, closed=True):
    """
    Where to be told, and of what: of what your account holds, registered or takes part in, and of works followed.
    """

    url: str
    events: NotRequired[list[str]]
    works: NotRequired[list[str]]


class WebhookOut(TypedDict):
    """
    A webhook. Messages are signed as Standard Webhooks says, in order, at least once.
    """

    id: str
    url: str
    events: list[str]
    works: list[str]
    enabled: bool
    reason: str | None
    failures: int
    next_at: int
    created_at: int


class WebhooksOut(TypedDict):
    """
    Your webhooks, oldest first.
    """

    items: list[WebhookOut]


class WorkOut(TypedDict):
    """
    A registered work. Registration proves priority and integrity, not authorship.

    `series` numbers the royalty shares that earn now; it rises when a judgement gives the title to somebody else.
    While the title is `disputed` it cannot be transferred, and what the work earns waits for the judgement.
    """

    work: str
    title: str | None
    description: str | None
    creator: str | None
    holder: str
    registrant: str
    media_type: str | None
    size: int | None
    iscc: str | None
    units: list[str]
    metadata: PinOut
    provenance: PinOut | None
    renditions: list[RenditionOut]
    upstream_ppm: int
    parents: list[ParentOut]
    children: list[str]
    final_at: int
    epoch: int
    disputed: bool
    taken_down: bool
    series: int
    transaction: str
    tiers: list[MandateOut]
    listings: list[ListingOut]


class WorksOut(TypedDict):
    """
    A page of works, newest first; `next` is the cursor of the next page.
    """

    items: list[WorkOut]
    next: str | None


class OffchainApiSchemasJobsStepOut(TypedDict):
    """
    One step of a job.
    """

    name: str
    state: Literal["done", "running", "pending"]


class OffchainApiSchemasPricesStepOut(TypedDict):
    """
    One price of a ladder and what it would bring in a period.
    """

    price: str
    allowed: bool
    sales: str
    low: str | None
    high: str | None
    revenue: str


class ListingIn(TypedDict, closed=True):
    """
    A fixed price on chain.
    """

    tier: str
    price: str
    supply: NotRequired[int]


class TierIn(TypedDict, closed=True):
    """
    A tier that the service may quote, between two prices; without them, between the ends of the tier's ladder.
    """

    tier: str
    floor: NotRequired[str | None]
    ceiling: NotRequired[str | None]
    per_day: NotRequired[int]


class RegistrationIn(TypedDict, closed=True):
    """
    A registration to be made.
    """

    registrant: str
    title: str
    description: NotRequired[str]
    creator: NotRequired[str]
    tiers: NotRequired[list[TierIn]]
    listings: NotRequired[list[ListingIn]]
    permits: NotRequired[list[str]]
    provenance: NotRequired[dict[str, Any] | None]
    generation: NotRequired[str | None]
    generated: NotRequired[str | None]
    cid: NotRequired[str | None]
    acknowledge_similar: NotRequired[bool]
    currency: NotRequired[str | None]
    relay: NotRequired[bool]
    source_type: NotRequired[
        Literal[
            "trainedAlgorithmicMedia",
            "compositeWithTrainedAlgorithmicMedia",
            "algorithmicMedia",
            "digitalCreation",
            "digitalCapture",
            "computationalCapture",
            "humanEdits",
            "composite",
            "negativeFilm",
            "positiveFilm",
            "print",
            "screenCapture",
        ]
    ]


class ApiKeyIn(TypedDict, closed=True):
    """
    An API key to be made.
    """

    name: str
    scopes: list[Literal["works", "generations", "webhooks", "keys", "operator"]]
    expiry: NotRequired[int | None]


class ApiKeyOut(TypedDict):
    """
    An API key, without the key.
    """

    id: str
    name: str
    scopes: list[Literal["works", "generations", "webhooks", "keys", "operator"]]
    created_at: int
    expiry: int | None
    used_at: int | None


class ApiKeysOut(TypedDict):
    """
    An account's keys, oldest first.
    """

    items: list[ApiKeyOut]


class CallerOut(TypedDict):
    """
    Who calls.
    """

    account: str | None
    scopes: list[Literal["works", "generations", "webhooks", "keys", "operator"]]
    key: str | None


class ChainOut(TypedDict):
    """
    What a client must know to talk to the same contracts.
    """

    chain_id: int
    contracts: dict[str, str]
    currencies: list[CurrencyOut]
    relayer: str | None
    pricing: str | None


class ClaimOut(TypedDict):
    """
    What a claim would pay out in one currency, edges pulled first.

    `transactions` are to be sent in this order; there is more than one only where one would be too large. `complete` is
    false where even these leave something: ask again afterwards.
    """

    currency: str
    symbol: str
    decimals: int
    amount: str
    works: list[str]
    pulls: list[PullOut]
    transactions: list[TransactionOut]
    complete: bool
    confirmed: bool


class ClaimsOut(TypedDict):
    """
    What an account can claim, by currency; none where there is nothing.
    """

    account: str
    block: int
    confirmed_block: int
    claims: list[ClaimOut]


class DeliveriesOut(TypedDict):
    """
    Messages, newest first.
    """

    items: list[DeliveryOut]
    next: str | None


class EntriesOut(TypedDict):
    """
    Entries, oldest first; they add up to the statement's lines. `next` is the cursor of the next page.
    """

    items: list[EntryOut]
    next: str | None


class GraphOut(TypedDict):
    """
    Works, the nearest first, and every edge between them; `truncated`: there are more within the depth.
    """

    work: str
    works: list[GraphWorkOut]
    edges: list[DerivationOut]
    truncated: bool


class ImageIn(TypedDict, closed=True):
    """
    Pictures to be made.
    """

    seed: NotRequired[int]
    count: NotRequired[int]
    disclose_prompt: NotRequired[bool]
    encrypt_prompt_to: NotRequired[str | None]
    name_training_set: NotRequired[bool]
    kind: Literal["image"]
    prompt: str
    parameters: NotRequired[ImageParametersIn]


class KeyIn(TypedDict, closed=True):
    """
    A request and its signature: of the account's own key, or what its contract takes (ERC-1271).
    """

    request: KeyMessageIn
    signature: str
    chain_id: NotRequired[int | None]


class KeyLogIn(TypedDict, closed=True):
    """
    A signed wish to see the releases of a work's key; `before` is `next` of the page before.
    """

    request: KeyLogMessageIn
    signature: str
    chain_id: NotRequired[int | None]
    limit: NotRequired[int]
    before: NotRequired[int | None]


class KeyLogOut(TypedDict):
    """
    Releases, newest first; `next` continues after them, null at the end.
    """

    releases: list[ReleaseOut]
    next: int | None


class KeyOut(TypedDict):
    """
    A content key for its recipient alone.

    `key` is an armored age file that holds the 32 bytes; they open `rendition`, whose bytes are on IPFS.
    """

    work: str
    licence: str
    account: str
    recipient: str
    key: str
    rendition: RenditionOut
    block: int


class MatchOut(TypedDict):
    """
    A registered work that a file equals, comes from or resembles, and why.
    """

    work: str
    title: str | None
    decision: Literal["same", "derived", "similar"]
    method: str
    claimed: bool
    score: float
    error_rate: float
    why: str
    regions: list[RegionOut]


class MusicIn(TypedDict, closed=True):
    """
    Pieces to be composed.
    """

    seed: NotRequired[int]
    count: NotRequired[int]
    disclose_prompt: NotRequired[bool]
    encrypt_prompt_to: NotRequired[str | None]
    name_training_set: NotRequired[bool]
    kind: Literal["music"]
    prompt: NotRequired[str]
    parameters: NotRequired[MusicParametersIn]


class NewApiKeyOut(TypedDict):
    """
    An API key that was just made.
    """

    id: str
    name: str
    scopes: list[Literal["works", "generations", "webhooks", "keys", "operator"]]
    created_at: int
    expiry: int | None
    used_at: int | None
    key: str


class OrderIn(TypedDict, closed=True):
    """
    A buyer's signed order on a quote.
    """

    quote: str
    order: OrderMessageIn
    signature: str
    permit: NotRequired[PermitIn | None]
    chain_id: NotRequired[int | None]
    currency: NotRequired[str | None]


class PriceOut(TypedDict):
    """
    One price, why it is this one, and the curve that it was chosen from.
    """

    tier: str
    segment: str
    amount: str
    sentence: str
    step: int
    runner_up: str | None
    gap: str | None
    alone: str
    bindings: list[BindingOut]
    offers: int
    curve: list[OffchainApiSchemasPricesStepOut]


class PricesOut(TypedDict):
    """
    Every price that may be quoted for a work, with the proof that none would earn more.

    `problem` and `solution` follow the published schemas pricing-input and pricing-output: with both, anybody can check
    the proof without this service.
    """

    work: str
    currency: str
    symbol: str
    decimals: int
    prices: list[PriceOut]
    problem: dict[str, Any]
    solution: dict[str, Any]


class QuoteOut(TypedDict):
    """
    A signed price; `order` and `permit` are for the buyer to sign, `permit` only where the allowance is short.
    """

    digest: str
    signature: str
    quote: QuoteStructOut
    price: str
    currency: str
    symbol: str
    decimals: int
    tier: str
    segment: str
    expires: int
    explanation: str
    basis: BasisOut
    order: OrderDraftOut | None
    permit: PermitDraftOut | None


class RecognitionOut(TypedDict):
    """
    Whether a file is registered, resembles something registered, or is new.
    """

    decision: Literal["same", "derived", "similar", "new"]
    identity: IdentityOut
    matches: list[MatchOut]
    explanation: str


class StatementOut(TypedDict):
    """
    Earnings of an account in the blocks `first` to `block`, both included, recomputed from the contracts' events.

    What derivatives owe upstream counts once it is pulled; see the account's claims for what a pull would bring.
    """

    account: str
    first: int
    block: int
    time: int
    confirmed: bool
    confirmed_block: int
    unconfirmed: int
    lines: list[LineOut]
    totals: list[TotalOut]


class TermsListOut(TypedDict):
    """
    The standard terms of this chain.
    """

    items: list[TermsOut]


class TextIn(TypedDict, closed=True):
    """
    Texts to be written.
    """

    seed: NotRequired[int]
    count: NotRequired[int]
    disclose_prompt: NotRequired[bool]
    encrypt_prompt_to: NotRequired[str | None]
    name_training_set: NotRequired[bool]
    kind: NotRequired[Literal["text"]]
    prompt: str
    parameters: NotRequired[TextParametersIn]


class WalletCallOut(TypedDict):
    """
    What your own wallet sends so that a step of the job gets done; any other account would send it in vain.
    """

    step: Literal["commit", "register"]
    transaction: WalletTransactionOut


class JobOut(TypedDict):
    """
    A long action; poll it, or listen to its events.
    """

    id: str
    kind: Literal["registration", "purchase", "generation"]
    state: Literal["running", "awaiting-signature", "done", "failed", "waiting", "interrupted", "cancelled"]
    again_at: int | None
    progress: float
    steps: list[OffchainApiSchemasJobsStepOut]
    similar: list[MatchOut]
    typed_data: dict[str, Any] | None
    transactions: list[WalletCallOut]
    result: dict[str, Any] | None
    error: Problem | None


class JobsOut(TypedDict):
    """
    A page of jobs, newest first.
    """

    items: list[JobOut]
    next: str | None
