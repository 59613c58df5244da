"""Classes by name and by folder."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from offchain.errors import InputError
from offchain.generation.image.classes import CLASSES, class_number, class_of


def test_class_number__any_case_and_space__is_found():
    assert CLASSES[class_number(" Flags\n")] == "flags"


@pytest.mark.parametrize("prompt", ["", "a red bird", "flag", "x" * 100_000])
def test_class_number__no_class__lists_them(prompt):
    with pytest.raises(InputError) as caught:
        class_number(prompt)

    assert caught.value.code == "class-unknown"
    assert all(name in caught.value.remedy for name in CLASSES)
    assert len(caught.value.message) < 100


def test_class_of__a_file_deep_below__is_of_its_folders_class():
    assert CLASSES[class_of(PurePosixPath("signs_and_symbols/flags/asia/japan.svg"))] == "flags"


@pytest.mark.parametrize("path", ["education/books/a.svg", "foods/a.svg", "unsorted/food/a.svg"])
def test_class_of__a_file_of_no_class__is_none(path):
    assert class_of(PurePosixPath(path)) is None
