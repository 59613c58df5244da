from __future__ import annotations

import pytest

from offchain.errors import InputError
from offchain.identity.documents.html import page_text


def test_page_text__blocks__are_kept_apart_and_inline_markup_is_not():
    assert page_text(b"<p>un<b>bro</b>ken</p><p>next<br>line</p>") == "unbroken\nnext\nline"


@pytest.mark.parametrize(
    "unseen", ["<script>x()</script>", "<style>p{}</style>", "<!-- note -->", "<template>t</template>"]
)
def test_page_text__what_a_reader_does_not_see__is_left_out(unseen):
    assert page_text(f"<html><head><title>T</title></head><body>a {unseen}b</body></html>".encode()) == "a b"


def test_page_text__entities__are_characters():
    assert page_text(b"<p>&eacute;&#8212;&lt;b&gt; &nbsp;&amp;</p>") == "é—<b> \xa0&"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>Grüße</p>".encode(), "Grüße"),
        ("<meta charset='windows-1252'><p>Grüße – “x”</p>".encode("cp1252"), "Grüße – “x”"),
        (
            "<meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'><p>Grüße</p>".encode("latin-1"),
            "Grüße",
        ),
        (
            "<?xml version='1.0' encoding='Shift_JIS'?><html><body>吾輩は猫</body></html>".encode("shift_jis"),
            "吾輩は猫",
        ),
        ("\ufeff<p>Grüße</p>".encode("utf-16-le"), "Grüße"),
    ],
)
def test_page_text__declared_encoding__is_honoured(page, text):
    assert page_text(page) == text


@pytest.mark.parametrize("name", ["rot13", "zip", "idna", "unicode_escape", "x" * 39, "utf-7"])
def test_page_text__encoding_that_no_browser_knows__is_taken_for_utf_8(name):
    """A codec's name comes with the file; some of Python's inflate, and one of them is no character encoding at all."""
    assert page_text(f"<meta charset='{name}'><p>Grüße +AGE-</p>".encode()) == "Grüße +AGE-"


def test_page_text__bytes_that_the_encoding_forbids__is_malformed():
    with pytest.raises(InputError) as caught:
        page_text(b"<p>\xff</p>")
    assert caught.value.code == "document-malformed"
    assert "byte 3" in caught.value.message


def test_page_text__xhtml_with_an_empty_title__keeps_its_body():
    """In HTML, a title that closes itself does not: everything behind it would be the title."""
    page = (
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title/></head><body>seen</body></html>"
    )
    assert page_text(page) == "seen"


def test_page_text__nested_deeper_than_the_stack__is_read():
    deep = 10_000
    assert page_text(b"<div>" * deep + b"x" + b"</div>" * deep) == "x"
