"""Settings: `COLOPHON_*` from the environment, each also as `COLOPHON_*_FILE` (a path whose content is the value).

Where the environment is silent, `$COLOPHON_HOME/run.json` (written by `make up`) names the running stack.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path

from offchain.errors import InputError

__all__ = ["RateSettings", "Settings", "home_path", "load_settings", "shown_url"]

_DEFAULT_MAX_UPLOAD = 64 * 2**20


@dataclass(frozen=True, slots=True)
class RateSettings:
    """How often somebody may ask.

    Attributes:
        plain: allowance of an address, and of a key or session, e.g. `3000/minute`.
        costly: allowance for what costs much.
        storage: where it is counted: `memory://`, or `redis://…` for several processes.
        proxies: networks of the proxies whose `X-Forwarded-For` is believed.
    """

    plain: str
    costly: str
    storage: str
    proxies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """One process's settings.

    Attributes:
        home: folder of everything that Colophon keeps on this machine.
        rpc_url: JSON-RPC endpoint of the chain.
        ipfs_url: RPC endpoint of the IPFS node, as an http URL; of several nodes, separated by commas.
        database_url: SQLAlchemy URL.
        api_port: port of the API on loopback.
        deployment: deployment file for a chain that is not among the committed ones, or None.
        max_upload: largest accepted file, in bytes.
        torch_threads: threads that torch may use on the CPU.
        model_path: folder of the prepared language model, or a hub id; not under `home`, so that every home shares it.
        text_dtype: numbers that the language model runs in, `float32`, `bfloat16` or `int8`; None for float32.
        relayer_key: hex private keys of the accounts that submit other people's signed messages, by commas or lines.
        pricing_key: hex private key of the account that signs quotes as a delegate, or None.
        grace_seconds: until a title is final, for a deployment to be made; None for the chain's default.
        arbitrator: ERC-792 arbitrator for a deployment to be made on a live chain, or None.
        pin_quorum: how many IPFS nodes must keep what is pinned, or None for more than half.
        confirmations: blocks above an event before the index calls it confirmed, or None for the chain's default.
        key_confirmations: how many blocks deep the right to a content key must stand, or None for the chain's default.
        service_url: scheme, host and port under which people reach this service; what they sign for it names it.
        content_key: hex key under which the content keys of sealed works are kept, or None.
        mark_key: hex key of the invisible marks; None for one of this home's own.
        index_in_database: whether the similarity index lies in the PostgreSQL database of `database_url`, where many
            machines share it, rather than in files of this one.
        certificate_key: hex Ed25519 key that signs licence certificates; None for one of this home's own.
        certificate_retired: public keys (Multikey) that signed before it, separated by commas, or None.
        c2pa_cert: certificates that sign C2PA manifests, PEM, the signer's first; None for a development authority.
        c2pa_key: private key of the first of them, PEM, or None.
        c2pa_anchors: certificates whose signers are believed, PEM; None for the last of `c2pa_cert`.
        c2pa_tsa_url: RFC 3161 time stamp authority to ask when signing; None to ask nobody.
        pricing_rules: file of what an operator asks of all prices together (docs/schemas/pricing-rules.json), or None.
        workers: whether the API's own process runs jobs; else `colophon worker` processes do, over PostgreSQL.
        metrics: whether `/metrics` answers.
        otlp_url: collector of OpenTelemetry that traces go to, or None.
        rates: how often somebody may ask; None for as often as they like.
        cors_origins: origins whose pages may read the API in a browser.
        log_level: least severe that is logged.
        operators: accounts, in lower case, that may take works down and see how the service stands.
        relayer_keystore: files of further relayers' keys (keystore version 3), separated by commas, or None.
        relayer_password: password of all of these, or None.
        relayer_kms: URLs of further relayers' keys in a key service, separated by commas, or None.
        kms_token: file with the key service's bearer token, read anew for each signature, or None.
        spend_per_day: wei that one account may spend in a UTC day, or None.
        spend_per_transaction: wei that one transaction may cost, or None.
        dry_run: whether the sender stops before it signs.
        learn_demand: whether prices follow the service's own quotes and sales, rather than the stated demand alone.
    """

    home: Path
    rpc_url: str
    ipfs_url: str
    database_url: str
    api_port: int
    deployment: Path | None
    max_upload: int
    torch_threads: int
    model_path: Path
    relayer_key: str | None
    pricing_key: str | None
    grace_seconds: int | None = None
    arbitrator: str | None = None
    content_key: str | None = None
    pin_quorum: int | None = None
    confirmations: int | None = None
    key_confirmations: int | None = None
    service_url: str = ""
    mark_key: str | None = None
    c2pa_cert: str | None = None
    c2pa_key: str | None = None
    c2pa_anchors: str | None = None
    c2pa_tsa_url: str | None = None
    pricing_rules: Path | None = None
    learn_demand: bool = False
    text_dtype: str | None = None
    index_in_database: bool = False
    workers: bool = True
    operators: frozenset[str] = frozenset()
    relayer_keystore: str | None = None
    relayer_password: str | None = None
    relayer_kms: str | None = None
    kms_token: Path | None = None
    spend_per_day: int | None = None
    spend_per_transaction: int | None = None
    dry_run: bool = False
    metrics: bool = False
    otlp_url: str | None = None
    rates: RateSettings | None = None
    cors_origins: tuple[str, ...] = ()
    log_level: str = "info"
    certificate_key: str | None = None
    certificate_retired: str | None = None

    def __repr__(self) -> str:
        # Keys never reach a log.
        nodes = ",".join(shown_url(url.strip()) for url in self.ipfs_url.split(","))
        return f"Settings(home={self.home}, rpc_url={shown_url(self.rpc_url)}, ipfs_url={nodes})"


def shown_url(url: str) -> str:
    """`SCHEME://HOST:PORT` of a URL, for messages and logs: its user, path and query may hold a password or an API key.

    Returns:
        `(hidden)` for what is no such URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "(hidden)"
    if not parts.scheme or not host:
        return "(hidden)"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{'' if port is None else f':{port}'}"


def home_path(environ: Mapping[str, str] = os.environ) -> Path:
    """`$COLOPHON_HOME`, else the XDG data folder."""
    given = environ.get("COLOPHON_HOME")
    return Path(given).expanduser() if given else user_data_path("colophon")


def _models_path() -> Path:
    """`build/models` of a source tree, else of the XDG data folder."""
    root = Path(__file__).resolve().parents[1]
    return (root if (root / "pyproject.toml").is_file() else user_data_path("colophon")) / "build" / "models"


def model_location(text: str) -> Path:
    """The folder, or the hub id `author/name`, that `text` names.

    What begins with `.`, `/` or `~` is a folder, hence absolute: as a Path, `./a/b` is the id `a/b`.
    """
    if text.startswith("~/"):
        return Path.home() / text[2:]
    return Path(text).absolute() if text.startswith((".", "/", "~")) else Path(text)


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of this process.

    Raises:
        InputError: a value that cannot be read; names the variable.
    """
    home = home_path(environ)
    running = _running(home / "run.json")

    def text(name: str, fallback: str) -> str:
        return _value(environ, name) or str(running.get(name.lower(), "")) or fallback

    deployment, grace, quorum = text("DEPLOYMENT", ""), text("GRACE_SECONDS", ""), text("PIN_QUORUM", "")
    rules = text("PRICING_RULES", "")
    port, depth = _integer("API_PORT", text("API_PORT", "8000")), text("KEY_CONFIRMATIONS", "")
    return Settings(
        home=home,
        rpc_url=text("RPC_URL", "http://127.0.0.1:8545"),
        ipfs_url=text("IPFS_URL", "http://127.0.0.1:5001"),
        database_url=text("DATABASE_URL", f"sqlite:///{home / 'colophon.db'}"),
        api_port=port,
        deployment=Path(deployment) if deployment else None,
        max_upload=_integer("MAX_UPLOAD", text("MAX_UPLOAD", str(_DEFAULT_MAX_UPLOAD))),
        torch_threads=_integer("TORCH_THREADS", text("TORCH_THREADS", "1")),
        model_path=model_location(text("MODEL_PATH", str(_models_path() / "smollm2-135m-instruct"))),
        relayer_key=_value(environ, "RELAYER_KEY"),
        pricing_key=_value(environ, "PRICING_KEY"),
        grace_seconds=_integer("GRACE_SECONDS", grace) if grace else None,
        arbitrator=text("ARBITRATOR", "") or None,
        content_key=_value(environ, "CONTENT_KEY"),
        pin_quorum=_integer("PIN_QUORUM", quorum) if quorum else None,
        confirmations=_integer("CONFIRMATIONS", confirmed) if (confirmed := text("CONFIRMATIONS", "")) else None,
        key_confirmations=_integer("KEY_CONFIRMATIONS", depth) if depth else None,
        service_url=_service_url(text("SERVICE_URL", f"http://127.0.0.1:{port}")),
        text_dtype=text("TEXT_DTYPE", "") or None,
        mark_key=_value(environ, "MARK_KEY"),
        certificate_key=_value(environ, "CERTIFICATE_KEY"),
        certificate_retired=text("CERTIFICATE_RETIRED", "") or None,
        c2pa_cert=_value(environ, "C2PA_CERT"),
        c2pa_key=_value(environ, "C2PA_KEY"),
        c2pa_anchors=_value(environ, "C2PA_ANCHORS"),
        c2pa_tsa_url=_value(environ, "C2PA_TSA_URL"),
        learn_demand=_switch("LEARN_DEMAND", text("LEARN_DEMAND", "0")),
        pricing_rules=Path(rules) if rules else None,
        workers=_choice("WORKERS", text("WORKERS", "inline"), ("inline", "none")) == "inline",
        log_level=_choice("LOG_LEVEL", text("LOG_LEVEL", "info"), ("debug", "info", "warning", "error")),
        rates=_rates(text),
        cors_origins=_listed(text("CORS_ORIGINS", "")),
        metrics=_switch("METRICS", text("METRICS", "0")),
        otlp_url=text("OTLP_URL", environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")) or None,
        operators=_accounts(text("OPERATORS", "")),
        relayer_keystore=_value(environ, "RELAYER_KEYSTORE"),
        relayer_password=_value(environ, "RELAYER_PASSWORD"),
        relayer_kms=_value(environ, "RELAYER_KMS"),
        kms_token=Path(environ["COLOPHON_KMS_TOKEN_FILE"]) if environ.get("COLOPHON_KMS_TOKEN_FILE") else None,
        spend_per_day=_bound(text("SPEND_PER_DAY", ""), "SPEND_PER_DAY"),
        spend_per_transaction=_bound(text("SPEND_PER_TRANSACTION", ""), "SPEND_PER_TRANSACTION"),
        dry_run=_switch("DRY_RUN", text("DRY_RUN", "0")),
        index_in_database=_choice("INDEX", text("INDEX", "files"), ("files", "postgres")) == "postgres",
    )


def _value(environ: Mapping[str, str], name: str) -> str | None:
    """The variable, or the content of the file that its `_FILE` twin names."""
    path = environ.get(f"COLOPHON_{name}_FILE")
    if path is None:
        return environ.get(f"COLOPHON_{name}")
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "setting-unreadable",
            f"COLOPHON_{name}_FILE names {path}, which cannot be read",
            "correct the path or unset the variable",
        ) from error


def _service_url(text: str) -> str:
    """As it is signed for and shown: what a wallet, a certificate and a QR code name must be a place, and no secret."""
    url = text.strip().rstrip("/").lower()
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, named = urlsplit(""), False
    extra = "@" in parts.netloc or parts.query or parts.fragment or not re.fullmatch(r"[!-~]*", url)
    if parts.scheme in ("http", "https") and named and not extra:
        return url
    raise InputError(
        "setting-malformed",
        "COLOPHON_SERVICE_URL is not the address of a service",
        "set it to https://HOST, or https://HOST:PORT",
    )


def _rates(text: Callable[[str, str], str]) -> RateSettings | None:
    plain = text("RATE_LIMIT", "3000/minute")
    if plain == "off":
        return None
    costly, storage = text("RATE_LIMIT_COSTLY", "300/minute"), text("RATE_STORAGE", "memory://")
    return RateSettings(plain, costly, storage, _listed(text("TRUSTED_PROXIES", "")))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _accounts(text: str) -> frozenset[str]:
    given = _listed(text)
    for each in given:
        if not re.fullmatch(r"0x[0-9a-fA-F]{40}", each):
            raise InputError("setting-malformed", f"COLOPHON_OPERATORS names {each!r}", "write 0x and 40 hex digits")
    return frozenset(each.lower() for each in given)


def _integer(name: str, value: str) -> int:
    if re.fullmatch(r"[0-9]{1,78}", value):  # of 256 bits at most
        return int(value)
    raise InputError("setting-malformed", f"COLOPHON_{name} is {value!r}, not a number", "set it to digits")


def _bound(value: str, name: str) -> int | None:
    return _integer(name, value) if value else None


def _choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value in choices:
        return value
    raise InputError("setting-malformed", f"COLOPHON_{name} is {value!r}", f"set it to {' or '.join(choices)}")


def _switch(name: str, value: str) -> bool:
    if value in {"0", "1"}:
        return value == "1"
    raise InputError("setting-malformed", f"COLOPHON_{name} is {value!r}, neither 0 nor 1", "set it to 0 or 1")


def _running(path: Path) -> dict[str, object]:
    try:
        found: object = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError("run-file-malformed", f"{path} cannot be read", f"remove {path} and run make up") from error
    return found if isinstance(found, dict) else {}
