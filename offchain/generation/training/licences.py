"""Licences of training files: which are known, and what they ask of works that a model makes.

A file under a licence that is not in the table is refused by name, and so is one that forbids adaptations: nobody may
be taught with it. Non-commercial and share-alike terms reach the generated work. That is the careful reading, not
settled law: whether a model's output is an adaptation of what it was taught with is disputed, so nobody is surprised
later (docs/decisions/0031).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from offchain.errors import InputError, RefusedError
from offchain.generation.training.manifest import TrainingFile, TrainingManifest

__all__ = ["LICENCES", "Constraints", "Licence", "check_licences", "constraints", "refuse_terms"]


@dataclass(frozen=True, slots=True)
class Licence:
    """What a licence allows and asks.

    Attributes:
        commercial: uses for money are allowed.
        derivatives: adaptations are allowed.
        attribution: the author must be named.
        share_alike: licences under which an adaptation may be offered; empty where any will do.
    """

    commercial: bool = True
    derivatives: bool = True
    attribution: bool = True
    share_alike: frozenset[str] = frozenset()


_BY_SA: Final = ("CC-BY-SA-2.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0")
_BY_NC_SA: Final = ("CC-BY-NC-SA-2.0", "CC-BY-NC-SA-2.5", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0")
_VERSIONS: Final = ("2.0", "2.5", "3.0", "4.0")


def _later(family: tuple[str, ...], first: str) -> frozenset[str]:
    """The licence and its later versions: each may be adapted under those (CC BY-SA 2.0 §4(b), 4.0 §3(b)(1))."""
    return frozenset(family[family.index(first) :])


LICENCES: Final[dict[str, Licence]] = {
    **dict.fromkeys(("CC0-1.0", "CC-PDDC", "LicenseRef-PublicDomain", "Unlicense", "0BSD"), Licence(attribution=False)),
    **dict.fromkeys(("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "OFL-1.1"), Licence()),
    "LicenseRef-music21-corpus": Licence(),
    **dict.fromkeys((f"CC-BY-{version}" for version in _VERSIONS), Licence()),
    **{name: Licence(share_alike=_later(_BY_SA, name)) for name in _BY_SA},
    **dict.fromkeys((f"CC-BY-NC-{version}" for version in _VERSIONS), Licence(commercial=False)),
    **{name: Licence(commercial=False, share_alike=_later(_BY_NC_SA, name)) for name in _BY_NC_SA},
    **dict.fromkeys((f"CC-BY-ND-{version}" for version in _VERSIONS), Licence(derivatives=False)),
    **dict.fromkeys((f"CC-BY-NC-ND-{version}" for version in _VERSIONS), Licence(commercial=False, derivatives=False)),
}
"""Known licences by SPDX identifier.

`LicenseRef-PublicDomain` is a public-domain mark or an expired term. `LicenseRef-music21-corpus` is music21's
corpus/license.txt for files that state no restriction of their own: distributed with their encoders' permission.
"""


@dataclass(frozen=True, slots=True)
class Constraints:
    """What the licences of a training set ask of the works made with it.

    Attributes:
        non_commercial: it may not be offered for commercial uses.
        share_alike: SPDX identifiers of which one must be the generated work's licence; empty where any will do.
        attribution: the makers must be named; the training manifest names them.
    """

    non_commercial: bool
    share_alike: frozenset[str]
    attribution: bool

    def document(self) -> dict[str, Any]:
        """As a model card states it."""
        return {
            "non_commercial": self.non_commercial,
            "share_alike": sorted(self.share_alike),
            "attribution": self.attribution,
        }


def check_licences(manifest: TrainingManifest) -> None:
    """Accept a set whose every file has a known licence that allows adaptation.

    Raises:
        InputError: `manifest-empty`, or `licence-unknown`, naming the first file.
        RefusedError: `licence-forbids-training`: a file may not be adapted.
    """
    if not manifest.files:
        raise InputError("manifest-empty", f"the training set {manifest.name} has no files", "name the data's folder")
    for file in manifest.files:
        licences = file_licences(file)
        if not all(licence.derivatives for licence in licences):
            raise RefusedError(
                "licence-forbids-training",
                f"{file.path} is under {file.licence}, which allows no adaptation",
                "leave the file out, or ask its author for other terms",
                author=file.author,
            )


def file_licences(file: TrainingFile) -> list[Licence]:
    """The licences of a file, all of which hold (SPDX `AND`).

    Raises:
        InputError: `licence-unknown`.
    """
    names = [name.strip() for name in file.licence.split(" AND ")]
    unknown = [name for name in names if name not in LICENCES]
    if unknown:
        raise InputError(
            "licence-unknown",
            f"{file.path} is under {unknown[0] or 'no licence'}, which is not known",
            "leave the file out, or state its licence by the SPDX identifier; of alternatives, the one chosen",
            file=file.path,
            author=file.author,
        )
    return [LICENCES[name] for name in names]


def constraints(manifest: TrainingManifest) -> Constraints:
    """What all licences of a set ask together.

    Raises:
        InputError: as `check_licences`.
        RefusedError: `licences-incompatible`: share-alike licences that no one licence fulfils, or none that keeps
            another file's from commercial uses; else as there.
    """
    check_licences(manifest)
    used = dict(sorted((name, licence) for file in manifest.files for name, licence in _named(file)))
    return Constraints(
        non_commercial=not all(licence.commercial for licence in used.values()),
        share_alike=_common(used),
        attribution=any(licence.attribution for licence in used.values()),
    )


def refuse_terms(constraints: Constraints, *, commercial: bool, licence: str | None) -> None:
    """Accept the terms under which a generated work is offered.

    Args:
        constraints: of the training set of the model that made it.
        commercial: whether the terms grant uses for money.
        licence: SPDX identifier of the offered licence, or None for terms of one's own.

    Raises:
        RefusedError: `terms-non-commercial` or `terms-share-alike`.
    """
    if commercial and constraints.non_commercial:
        raise RefusedError(
            "terms-non-commercial",
            "the model that made this work was taught with works that may not be used commercially",
            "offer terms for private use only, or use a model taught without them",
        )
    if constraints.share_alike and licence not in constraints.share_alike:
        raise RefusedError(
            "terms-share-alike",
            f"the model that made this work was taught with works that ask for {_listed(constraints.share_alike)}",
            f"offer it under {_listed(constraints.share_alike)}, or use a model taught without them"
            if licence is not None
            # An offer here is of Colophon's standard terms: there is none to choose that would fulfil this.
            else "register it without an offer, and license it elsewhere, or use a model taught without them",
            offered=licence or "terms of its own",
        )


def _named(file: TrainingFile) -> Iterable[tuple[str, Licence]]:
    return zip((name.strip() for name in file.licence.split(" AND ")), file_licences(file), strict=True)


def _common(used: Mapping[str, Licence]) -> frozenset[str]:
    """The licences that fulfil every share-alike one, and allow no commercial use where any file allows none."""
    asking = {name: licence.share_alike for name, licence in used.items() if licence.share_alike}
    if not asking:
        return frozenset()
    private = [name for name, licence in used.items() if not licence.commercial]
    common = frozenset.intersection(*asking.values())
    if private:
        common = frozenset(name for name in common if not LICENCES[name].commercial)
    if not common:
        raise RefusedError(
            "licences-incompatible",
            f"no licence fulfils {' and '.join(sorted({*asking, *private}))} together",
            "leave out the files of all but one of them",
        )
    return common


def _listed(names: Iterable[str]) -> str:
    return " or ".join(sorted(names))
