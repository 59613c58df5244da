"""`colophon generate --out`: what could not be written is refused before the model runs."""


def test_generate__out_exists__refused_at_once_and_kept(cli, tmp_path):
    kept = tmp_path / "picture.png"
    kept.write_bytes(b"mine")
    ended = cli("generate", "text", "Say hello.", "--max-tokens", 500, "--out", kept)
    assert (ended.status, kept.read_bytes()) == (2, b"mine")
    assert "(file-exists)" in ended.err


def test_generate__folder_missing__refused(cli, tmp_path):
    ended = cli("generate", "text", "Say hello.", "--out", tmp_path / "nowhere" / "text.txt")
    assert ended.status == 2
    assert "(file-unwritable)" in ended.err
