"""Settings: what of them may be shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from offchain.config import load_settings, shown_url
from offchain.errors import InputError
from offchain.storage import IpfsNode


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
        ("https://user:secret@host.example/v3/secret?key=secret#secret", "https://host.example"),
        ("http://secret@[::1]:80/", "http://[::1]:80"),
        ("http://host:secret/", "(hidden)"),
        ("http://[secret", "(hidden)"),
        ("secret", "(hidden)"),
        ("", "(hidden)"),
    ],
)
def test_shown_url__any_text__is_scheme_host_and_port(url, shown):
    assert shown_url(url) == shown


def test_settings__urls_with_secrets__are_shown_without(tmp_path: Path):
    url = "https://user:secret@host.example:9/secret"
    environ = {"COLOPHON_HOME": str(tmp_path), "COLOPHON_RPC_URL": url, "COLOPHON_IPFS_URL": url}
    told = repr(load_settings(environ))
    assert told.count("https://host.example:9") == 2
    assert "secret" not in told


def test_ipfs_node__malformed_url_with_a_secret__is_not_told():
    with pytest.raises(InputError) as refused:
        IpfsNode("https://user:secret@host.example/secret")
    assert "secret" not in refused.value.message


def test_settings__of_a_deployment__are_read_and_checked(tmp_path: Path):
    environ = {"COLOPHON_HOME": str(tmp_path)}
    assert (load_settings(environ).grace_seconds, load_settings(environ).arbitrator) == (None, None)
    told = load_settings({**environ, "COLOPHON_GRACE_SECONDS": "0", "COLOPHON_ARBITRATOR": "0x" + "11" * 20})
    assert (told.grace_seconds, told.arbitrator) == (0, "0x" + "11" * 20)
    with pytest.raises(InputError):
        load_settings({**environ, "COLOPHON_GRACE_SECONDS": "5 minutes"})


def test_settings__several_nodes__are_shown_without_secrets_and_have_a_quorum(tmp_path: Path):
    environ = {"COLOPHON_HOME": str(tmp_path), "COLOPHON_IPFS_URL": "http://a:secret@one:5001, http://two:5001/secret"}
    assert load_settings(environ).pin_quorum is None
    told = load_settings({**environ, "COLOPHON_PIN_QUORUM": "2"})
    assert told.pin_quorum == 2
    assert repr(told).endswith("ipfs_url=http://one:5001,http://two:5001)")


@pytest.mark.parametrize(("value", "learns"), [(None, False), ("0", False), ("1", True)])
def test_settings__learning_of_demand__is_off_unless_wished(tmp_path: Path, value, learns):
    environ = {"COLOPHON_HOME": str(tmp_path)} | ({} if value is None else {"COLOPHON_LEARN_DEMAND": value})
    assert load_settings(environ).learn_demand is learns


def test_settings__numbers_of_the_language_model__are_its_own_unless_wished(tmp_path: Path):
    environ = {"COLOPHON_HOME": str(tmp_path)}
    assert load_settings(environ).text_dtype is None
    assert load_settings({**environ, "COLOPHON_TEXT_DTYPE": "int8"}).text_dtype == "int8"


def test_settings__switch_neither_on_nor_off__is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="COLOPHON_LEARN_DEMAND is 'yes'"):
        load_settings({"COLOPHON_HOME": str(tmp_path), "COLOPHON_LEARN_DEMAND": "yes"})


def test_settings__of_keys__are_read_and_the_service_is_named_in_one_way(tmp_path: Path):
    environ = {"COLOPHON_HOME": str(tmp_path)}
    told = load_settings({**environ, "COLOPHON_API_PORT": "8123"})
    assert (told.key_confirmations, told.service_url) == (None, "http://127.0.0.1:8123")
    told = load_settings(
        {**environ, "COLOPHON_KEY_CONFIRMATIONS": "0", "COLOPHON_SERVICE_URL": "https://Colophon.example/"}
    )
    assert (told.key_confirmations, told.service_url) == (0, "https://colophon.example")
    with pytest.raises(InputError):
        load_settings({**environ, "COLOPHON_KEY_CONFIRMATIONS": "some"})


@pytest.mark.parametrize(
    "url",
    [
        "colophon.example",
        "//colophon.example",
        "ftp://colophon.example",
        "javascript://colophon.example",
        "https://",
        "https://operator:hunter2@colophon.example",
        "https://colophon.example/?hunter2",
        "https://colophon.example/#hunter2",
        "https://colophon.example:0",
        "https://colophon.example:65536",
        "https://colophon.example\nURI: https://evil.example",
        "https://colophon.ex\u0430mple",
    ],
)
def test_settings__service_url_that_wallets_must_not_show__is_refused_and_not_told(tmp_path: Path, url: str):
    """Wallets sign it and certificates print it: what is no place leads nowhere, and a password would be public."""
    with pytest.raises(InputError) as refused:
        load_settings({"COLOPHON_HOME": str(tmp_path), "COLOPHON_SERVICE_URL": url})
    assert refused.value.code == "setting-malformed"
    assert "hunter2" not in f"{refused.value} {refused.value.facts}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPEND_PER_DAY", "-1"),
        ("SPEND_PER_DAY", "1e18"),
        ("SPEND_PER_DAY", "0x10"),
        ("SPEND_PER_TRANSACTION", "1.5"),
        ("SPEND_PER_TRANSACTION", "9" * 5_000),
        ("SPEND_PER_TRANSACTION", "\u0661"),
        ("DRY_RUN", "true"),
        ("KEY_CONFIRMATIONS", "-6"),
        ("OPERATORS", "0x12"),
        ("OPERATORS", "0x" + "11" * 20 + ",alice.eth"),
        ("WORKERS", "1"),
        ("INDEX", "sqlite"),
    ],
)
def test_settings__limit_or_right_that_is_not_plain__is_refused(tmp_path: Path, name: str, value: str):
    """A limit that is read wrongly is none."""
    with pytest.raises(InputError) as refused:
        load_settings({"COLOPHON_HOME": str(tmp_path), f"COLOPHON_{name}": value})
    assert (refused.value.code, name in refused.value.message) == ("setting-malformed", True)


@pytest.mark.parametrize("content", [None, b"\xff\xfe secret"])
def test_settings__file_of_a_key_that_is_not_text__is_refused_without_its_content(tmp_path: Path, content):
    place = tmp_path / "key"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(InputError) as refused:
        load_settings({"COLOPHON_HOME": str(tmp_path), "COLOPHON_RELAYER_KEY_FILE": str(place)})
    assert refused.value.code == "setting-unreadable"
    assert "secret" not in str(refused.value)
