from __future__ import annotations

import pytest

from offchain.errors import InputError
from offchain.identity.documents.docx import read
from tests.offchain.unit.identity.documents.archives import WORD, docx


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def test_read__paragraphs_of_several_runs__are_lines():
    assert read(docx(f"<w:p>{run('un')}{run('broken')}</w:p><w:p>{run('next')}</w:p>")) == "unbroken\nnext\n"


def test_read__table__keeps_its_cells_apart():
    cells = "".join(f"<w:tc><w:p>{run(text)}</w:p></w:tc>" for text in "ab")
    assert read(docx(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>")).split() == ["a", "b"]


def test_read__tracked_changes__are_read_as_accepted():
    changes = f"<w:p><w:ins>{run('new')}</w:ins><w:del>{run('old')}<w:r><w:delText>old</w:delText></w:r></w:del></w:p>"
    assert read(docx(changes)) == "new\n"


def test_read__text_box__counts_once():
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    both = f"<mc:Choice>{run('box')}</mc:Choice><mc:Fallback>{run('box')}</mc:Fallback>"
    assert read(docx(f"<w:p><mc:AlternateContent {space}>{both}</mc:AlternateContent></w:p>")) == "box\n"


def test_read__footnotes__follow_the_body():
    notes = f'<w:footnotes xmlns:w="{WORD}"><w:footnote><w:p>{run("note")}</w:p></w:footnote></w:footnotes>'
    assert read(docx(f"<w:p>{run('body')}</w:p>", word__footnotes=notes)) == "body\nnote\n"


def test_read__nested_deeper_than_the_stack__is_read():
    deep = 5_000
    assert read(docx("<w:sdt>" * deep + run("x") + "</w:sdt>" * deep)) == "x"


@pytest.mark.parametrize(
    "bad", ["<w:p>", "&undefined;", "<w:p>\x01</w:p>"], ids=["not closed", "entity", "control character"]
)
def test_read__not_well_formed__is_malformed(bad):
    with pytest.raises(InputError) as caught:
        read(docx(bad))
    assert caught.value.code == "document-malformed"


@pytest.mark.parametrize("part", ["../../etc/passwd", "/..//etc/passwd", "C:/x.xml", "/nowhere.xml"])
def test_read__main_part_outside_or_missing__is_malformed(part):
    with pytest.raises(InputError) as caught:
        read(docx("", part))
    assert caught.value.code == "document-malformed"
