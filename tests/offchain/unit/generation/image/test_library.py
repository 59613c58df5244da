"""Which files are learned from, and what the manifest says of the rest."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.generation.image.classes import CLASSES, FOLDERS
from offchain.generation.image.drawing import draw
from offchain.generation.image.library import manifest, read_library
from offchain.generation.training import check_licences

FILE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="10mm" height="10mm"><metadata>
<rdf:RDF xmlns:cc="http://web.resource.org/cc/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><cc:Work><dc:title>{title}</dc:title>
<dc:creator><cc:Agent><dc:title>{creator}</dc:title></cc:Agent></dc:creator>
<cc:license rdf:resource="{mark}"/></cc:Work></rdf:RDF></metadata>
<rect x="2" y="4" width="8" height="4" fill="#ff0000"/></svg>"""
MARK = "http://web.resource.org/cc/PublicDomain"


def _drawn(svg):
    """A picture of the file's title, so that equal titles look alike."""
    if ">blank<" in svg:
        return None
    levels = hashlib.sha256(svg.split("title>")[1].encode()).digest()
    return np.resize(np.frombuffer(levels, np.uint8), (64, 64, 3))


@pytest.fixture
def folder(tmp_path):
    """Twenty birds of two creators, and one file for every reason to leave it out."""

    def write(path, title, creator="Ada", mark=MARK):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(FILE.format(title=title, creator=creator, mark=mark))

    for number in range(20):
        write(f"animals/birds/{number}.svg", f"bird {number}", "Ada" if number % 2 else "Bo")
    write("animals/birds/z_twin.svg", "bird 3")
    write("animals/blank.svg", "blank")
    write("animals/nobody.svg", "by nobody", creator="")
    write("animals/owned.svg", "owned", mark="http://creativecommons.org/licenses/GPL/2.0/")
    write("education/books/book.svg", "a book")
    (tmp_path / "animals/broken.svg").write_text("<svg")
    return tmp_path


def test_read_library__every_kind_of_file__is_kept_or_counted_by_reason(folder):
    library = read_library(folder, _drawn)

    paths = {clip.file.path for clip in library.taught + library.held_out}
    assert paths == {f"animals/birds/{number}.svg" for number in range(20)}
    reasons = {"twin": 1, "blank": 1, "no creator": 1, "no licence": 1, "no metadata": 1, "other class": 1}
    assert dict(library.left_out) == reasons | {"surplus": 0}


def test_read_library__held_out__is_by_path_alone_and_never_taught(folder):
    """Another file that comes or goes moves no other between the two."""
    before = {clip.file.path for clip in read_library(folder, _drawn).held_out}
    (folder / "animals/birds/0.svg").unlink()

    assert {clip.file.path for clip in read_library(folder, _drawn).held_out} == before - {"animals/birds/0.svg"}


def test_read_library__long_series__is_thinned_evenly(tmp_path):
    (tmp_path / "food").mkdir()
    for number in range(1000):
        (tmp_path / f"food/{number:04}.svg").write_text(FILE.format(title=number, creator="Ada", mark=MARK))
    library = read_library(tmp_path, _drawn)

    kept = sorted(int(clip.file.path[5:9]) for clip in library.taught + library.held_out)
    assert len(kept) == 600
    assert library.left_out["surplus"] == 400
    assert (kept[0], kept[-1]) == (0, 999)
    assert max(np.diff(kept)) == 2


def test_read_library__nothing_usable__says_so(tmp_path):
    with pytest.raises(InputError) as caught:
        read_library(tmp_path, _drawn)

    assert caught.value.code == "corpus-empty"


def test_manifest__of_a_library__names_makers_hashes_and_what_was_left_out(folder):
    library = read_library(folder, _drawn)
    taught = manifest(library)

    assert len(taught.files) == len(library.taught)
    assert {file.author for file in taught.files} == {"Ada", "Bo"}
    for file in taught.files:
        assert file.sha256 == "0x" + hashlib.sha256((folder / file.path).read_bytes()).hexdigest()
    assert "1 with no metadata, 1 with no licence, 1 with no creator" in taught.statement
    check_licences(taught)


def test_draw__a_bar_on_a_large_page__is_cropped_centred_and_in_its_colour():
    """Drawn at 60 of 64 pixels: twice as wide as high, so 30 rows, of which the outermost may be half covered.

    Its page is in millimetres, which want a resolution to be anything at all.
    """
    picture = draw(FILE.format(title="bar", creator="Ada", mark=MARK))

    drawn = (picture < 250).any(axis=2)
    assert (np.flatnonzero(drawn.any(axis=1))[[0, -1]] == [17, 46]).all()
    assert (np.flatnonzero(drawn.any(axis=0))[[0, -1]] == [2, 61]).all()
    assert (picture[18:46, 4:60] == (255, 0, 0)).all()


def test_draw__blank_or_no_svg__is_none():
    assert draw('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>') is None
    assert draw("not a drawing") is None


def test_classes__folders__do_not_overlap():
    """A file would else be of the class that happens to come first."""
    every = [folder for folders in FOLDERS.values() for folder in folders]
    assert len(CLASSES) == 13
    assert not any(one != other and other.startswith(one + "/") for one in every for other in every)
