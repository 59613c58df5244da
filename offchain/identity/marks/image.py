"""Invisible watermark of images: a keyed tile of mid frequencies, repeated over the picture.

Spread spectrum after Cox, Kilian, Leighton and Shamoon (IEEE Trans. Image Processing 6(12), 1997), laid out as a
repeating tile after Kalker, Depovere, Haitsma and Maes (JAWS, Proc. SPIE 3657, 1999): whatever part of the picture is
left, folding it modulo the tile adds up all that it holds of the mark. Three of four coefficients of the tile carry the
payload, the others are known in advance; a correlation with these, as cheap as one FFT, finds where the tile begins
after a crop. The strength follows the local activity of the picture, where the eye sees less.

What it resists and what not was measured: docs/decisions/0022-marks.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from offchain.identity.marks.keystream import permutation, phases
from offchain.identity.marks.payload import CHIPS, payload

__all__ = ["LARGEST", "TILE", "TRIALS", "Levels", "embed", "levels", "read", "read_at"]

Levels = NDArray[np.uint8]
"""Grey levels, shape (height, width)."""

Grey = NDArray[np.float32]
Spectrum = NDArray[np.complex128]

TILE: Final = 128
"""Side of the tile, in pixels."""

_BAND: Final = (6.0, 27.0)
"""Lowest and highest frequency used, in cycles per tile: below, pictures have their energy; above, JPEG has none."""

TRIALS: Final = ((41.0, 30), (39.5, 30), (38.0, 30), (38.0, 80))
"""Strengths of a mark, tried in turn: PSNR of the marked picture in dB, and JPEG quality that the mark must survive.

The last is for pictures that are small and busy all over: better a mark for the untouched file than none.
"""

_SMALLEST: Final = 48
"""Shortest side, in pixels, that a mark is looked for in."""

LARGEST: Final = 1024
"""Longest side, in pixels, of what `levels` gives: larger pictures are shrunk."""

_STEP: Final = 1.01
"""Ratio of neighbouring scales of the search: half of it moves the edge of a 512 pixel picture by 1.3 pixels."""

_MARKED_SIDES: Final = (96.0, 640.0)
"""Longer sides, in pixels, of a marked picture (or what is left of it) at its original scale, as the search assumes."""

_CLEAR: Final = 5.5
"""Peak of the correlation, in standard deviations, from which decoding is tried in the search over scales."""

_RADIUS: Final = 5


def embed(image: Image.Image, reference: int, key: bytes) -> Image.Image | None:
    """Mark a picture, as weakly as survives strong compression; the same arguments give the same pixels.

    Args:
        image: RGB of 8 bits.
        reference: 64 bits, `payload.reference_of` a work.
        key: the service's secret.

    Returns:
        RGB of the same size, a PSNR of 38 dB or more away from `image`; None for a picture that is too small, too flat
        or too busy to carry a mark.
    """
    if min(image.size) < _SMALLEST:
        return None
    pixels = np.asarray(image, dtype=np.float32)
    pattern = _pattern(_grey(image), reference, key)
    for psnr, quality in TRIALS:
        change = pattern * (255.0 / 10.0 ** (psnr / 20.0))
        marked = Image.fromarray(np.clip(np.rint(pixels + change[..., None]), 0, 255).astype(np.uint8))
        if _read_as_is(_grey(_as_jpeg(marked, quality)), key) == reference:
            return marked
    return None


def levels(image: Image.Image) -> Levels:
    """The grey levels of a picture, as `read` takes them."""
    grey = image.convert("L")
    grey.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    return np.asarray(grey)


def read(picture: Levels, key: bytes) -> int | None:
    """Find the reference that a picture is marked with.

    Looked for as the picture is, mirrored and turned by quarters; then, upright and mirrored, at every scale between a
    quarter and four times. A picture without a mark takes longest, about 0.5 s of CPU.

    Args:
        picture: its grey levels, from `levels`.
        key: the service's secret.

    Returns:
        The 64 bits, or None. Of unmarked pictures fewer than one in 10⁶ reads as marked: there are fewer than 1,000
        tries, and each is wrong once in 2³².
    """
    if min(picture.shape) < _SMALLEST:
        return None
    grey = picture.astype(np.float32)
    found = _read_as_is(grey, key)
    return _read_at_any_scale(grey, key) if found is None else found


def read_at(picture: Levels, key: bytes, sizes: Iterable[tuple[int, int]]) -> int | None:
    """As `read`, for a picture that may have had one of these (width, height) when it was marked.

    With the size from the registry even a stretched picture can be read.
    """
    for size in sizes:
        if min(size) >= _SMALLEST and max(size) <= LARGEST:
            method = _method(size[0] / picture.shape[1])
            found = _read_as_is(np.asarray(cv2.resize(picture.astype(np.float32), size, interpolation=method)), key)
            if found is not None:
                return found
    return None


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where in the tile's spectrum, (row, column) of its upper half plane, the mark is.

    Attributes:
        chips: coefficients that carry two chips each, shape (CHIPS / 2, 2).
        known: the others, shape (n, 2).
        beacon: spectrum with known phases at `known`, zero elsewhere.
    """

    chips: NDArray[np.intp]
    known: NDArray[np.intp]
    beacon: Spectrum


@lru_cache(maxsize=8)
def _layout(key: bytes) -> _Layout:
    cycles = np.fft.fftfreq(TILE, 1 / TILE)
    rows, columns = np.meshgrid(cycles, cycles, indexing="ij")
    radius = np.hypot(rows, columns)
    upper = (rows > 0) | ((rows == 0) & (columns > 0))
    places = np.argwhere(upper & (radius >= _BAND[0]) & (radius <= _BAND[1]))
    places = places[permutation(key, "image places", len(places))]
    chips, known = places[: CHIPS // 2], places[CHIPS // 2 :]
    beacon = np.zeros((TILE, TILE), dtype=np.complex128)
    beacon[tuple(known.T)] = phases(key, "image beacon", len(known))
    return _Layout(chips, known, beacon)


def _pattern(grey: Grey, reference: int, key: bytes) -> Grey:
    """What is added to a picture, with a root mean square of 1."""
    layout = _layout(key)
    spectrum = layout.beacon.copy()
    chips = payload(key).encode(reference)
    spectrum[tuple(layout.chips.T)] = (chips[0::2] + 1j * chips[1::2]) / np.sqrt(2.0)
    tile = np.fft.ifft2(spectrum).real
    height, width = grey.shape
    repeated = np.tile(tile, (-(-height // TILE), -(-width // TILE)))[:height, :width]
    # Where a picture is busy the eye sees less; the power keeps quiet regions from being left without a mark.
    visible = cv2.blur((_deviation(grey) + 3.0) ** 0.4, (9, 9))
    shaped = repeated * visible
    return np.asarray(shaped / np.sqrt((shaped**2).mean()), dtype=np.float32)


def _read_as_is(grey: Grey, key: bytes) -> int | None:
    """Without changing the scale: upright, mirrored, and both turned by quarters."""
    folded = _folded(grey)
    for flipped in (folded, folded[:, ::-1]):
        for quarters in range(4):
            found = _read_tile(np.rot90(flipped, quarters), key, peaks=3)
            if found is not None:
                return found
    return None


def _read_at_any_scale(grey: Grey, key: bytes) -> int | None:
    longer = max(grey.shape)
    count = int(np.log(_MARKED_SIDES[1] / _MARKED_SIDES[0]) / np.log(_STEP))
    scales = _MARKED_SIDES[0] * _STEP ** np.arange(count + 1) / longer
    # The likeliest first: little resizing is more common than much.
    for scale in sorted(scales[(scales >= 0.25) & (scales <= 4.0)], key=lambda scale: abs(np.log(scale))):
        resized = _scaled(grey, float(scale))
        if min(resized.shape) >= _SMALLEST:
            folded = _folded(resized)
            for tile in (folded, folded[:, ::-1]):
                found = _read_tile(tile, key, peaks=1, clear=_CLEAR)
                if found is not None:
                    return found
    return None


def _folded(grey: Grey) -> NDArray[np.float64]:
    """The picture without its own content as far as may be, all tiles of it added up: shape (TILE, TILE)."""
    around = (2 * _RADIUS + 1, 2 * _RADIUS + 1)
    flat = (grey - cv2.blur(grey, around)) / (_deviation(grey, _RADIUS) + 1.5)
    height, width = flat.shape
    down, across = -(-height // TILE), -(-width // TILE)
    whole = np.zeros((down * TILE, across * TILE))
    whole[:height, :width] = flat
    folded: NDArray[np.float64] = whole.reshape(down, TILE, across, TILE).sum(axis=(0, 2))
    return folded


def _read_tile(tile: NDArray[np.float64], key: bytes, *, peaks: int, clear: float = 0.0) -> int | None:
    """Decode a folded tile at the shifts where its known coefficients agree best."""
    layout = _layout(key)
    spectrum = _whitened(np.fft.fft2(tile))
    match = np.fft.ifft2(spectrum * layout.beacon.conj()).real
    for place in np.argpartition(match, -peaks, axis=None)[-peaks:]:
        if match.flat[place] >= clear * match.std():
            at = spectrum[tuple(layout.chips.T)] * _shift(layout.chips, divmod(int(place), TILE))
            soft = np.stack([at.real, at.imag], axis=1).ravel()
            found = payload(key).decode(soft)
            if found is not None:
                return found
    return None


def _shift(places: NDArray[np.intp], by: tuple[int, int]) -> NDArray[np.complex128]:
    """Factors that move a tile back by (rows, columns), at some places of its spectrum."""
    turns: NDArray[np.complex128] = np.exp(2j * np.pi * (places @ np.array(by)) / TILE)
    return turns


def _whitened(spectrum: Spectrum) -> Spectrum:
    """Every coefficient over the mean magnitude of its neighbours: no frequency outweighs the others."""
    around = cv2.blur(np.abs(np.fft.fftshift(spectrum)), (9, 9))
    white: Spectrum = spectrum / (np.fft.ifftshift(around) + 1e-9)
    return white


def _scaled(grey: Grey, scale: float) -> Grey:
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=_method(scale)))


def _method(scale: float) -> int:
    return cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC


def _grey(image: Image.Image) -> Grey:
    return np.asarray(image.convert("L"), dtype=np.float32)


def _deviation(grey: Grey, radius: int = 4) -> Grey:
    """Standard deviation around each pixel, in grey levels."""
    around = (2 * radius + 1, 2 * radius + 1)
    mean = cv2.blur(grey, around)
    return np.sqrt(np.maximum(cv2.blur(grey * grey, around) - mean * mean, 0.0))


def _as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    file = BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)
