"""AES-256-GCM from its two standards and nothing else, slowly: what the product's is compared with.

FIPS 197 (AES) and NIST SP 800-38D (GCM), section numbers beside the functions. For blocks of a test, never for secrets.
"""

from __future__ import annotations

from itertools import count


def _multiply(left: int, right: int) -> int:
    """FIPS 197, 4.2: in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1."""
    product = 0
    while right:
        product ^= left * (right & 1)
        left = left << 1 ^ (0x11B if left & 0x80 else 0)
        right >>= 1
    return product


def _substitution() -> bytes:
    """FIPS 197, 5.1.1: the inverse, then the affine map."""
    inverses = {a: b for a in range(256) for b in range(256) if _multiply(a, b) == 1}
    boxes = []
    for value in range(256):
        inverse = inverses.get(value, 0)
        turned = [inverse << by | inverse >> (8 - by) for by in range(5)]
        boxes.append((turned[0] ^ turned[1] ^ turned[2] ^ turned[3] ^ turned[4] ^ 0x63) & 0xFF)
    return bytes(boxes)


SBOX = _substitution()


def _schedule(key: bytes) -> list[bytes]:
    """FIPS 197, 5.2 with Nk = 8: fifteen round keys."""
    words = [key[at : at + 4] for at in range(0, 32, 4)]
    constant = 1
    for index in range(8, 60):
        word = words[-1]
        if index % 8 == 0:
            word = bytes(SBOX[byte] for byte in word[1:] + word[:1])
            word = bytes((word[0] ^ constant,)) + word[1:]
            constant = _multiply(constant, 2)
        elif index % 8 == 4:
            word = bytes(SBOX[byte] for byte in word)
        words.append(bytes(a ^ b for a, b in zip(word, words[index - 8], strict=True)))
    return [b"".join(words[at : at + 4]) for at in range(0, 60, 4)]


def _encrypt_block(keys: list[bytes], block: bytes) -> bytes:
    """FIPS 197, 5.1."""
    state = bytes(a ^ b for a, b in zip(block, keys[0], strict=True))
    for number, key in enumerate(keys[1:], 1):
        state = bytes(SBOX[byte] for byte in state)
        state = bytes(state[(at + 4 * (at % 4)) % 16] for at in range(16))
        if number < 14:
            state = b"".join(_mix(state[at : at + 4]) for at in range(0, 16, 4))
        state = bytes(a ^ b for a, b in zip(state, key, strict=True))
    return state


def _mix(column: bytes) -> bytes:
    twice = [_multiply(byte, 2) for byte in column]
    return bytes(
        twice[at] ^ twice[(at + 1) % 4] ^ column[(at + 1) % 4] ^ column[(at + 2) % 4] ^ column[(at + 3) % 4]
        for at in range(4)
    )


def _ghash(subkey: int, data: bytes) -> int:
    """SP 800-38D, 6.3 and 6.4."""
    digest = 0
    for at in range(0, len(data), 16):
        digest ^= int.from_bytes(data[at : at + 16], "big")
        product, factor = 0, subkey
        for bit in range(127, -1, -1):
            product ^= factor * (digest >> bit & 1)
            factor = factor >> 1 ^ (0xE1 << 120 if factor & 1 else 0)
        digest = product
    return digest


def encrypt(key: bytes, nonce: bytes, plaintext: bytes) -> bytes:
    """SP 800-38D, 7.1, with a nonce of 96 bits, no associated data, and a tag of 128 bits after the ciphertext."""
    keys = _schedule(key)
    subkey = int.from_bytes(_encrypt_block(keys, bytes(16)), "big")
    blocks = (_encrypt_block(keys, nonce + number.to_bytes(4, "big")) for number in count(2))
    stream = b"".join(next(blocks) for _ in range(0, len(plaintext), 16))
    ciphertext = bytes(a ^ b for a, b in zip(plaintext, stream, strict=False))
    padded = ciphertext + bytes(-len(ciphertext) % 16) + bytes(8) + (8 * len(ciphertext)).to_bytes(8, "big")
    mask = int.from_bytes(_encrypt_block(keys, nonce + (1).to_bytes(4, "big")), "big")
    return ciphertext + (_ghash(subkey, padded) ^ mask).to_bytes(16, "big")
