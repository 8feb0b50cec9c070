"""The scrambling of the music in an ``irealb://`` link: a reordering of characters that is its own inverse.

References
----------
Found out by Stephen Irons, github.com/ironss/accompaniser; public readers follow it.
"""

from __future__ import annotations

MUSIC_PREFIX = "1r34LbKcu7"
"""What scrambled music begins with."""

_BLOCK = 50
_MIRRORED = frozenset((*range(5), *range(10, 24), *range(26, 40), *range(45, 50)))
_ABBREVIATIONS = {"   ": "XyQ", " |": "LZ", "| x": "Kcl"}
"""In the order in which they are put in."""


def scramble(text: str) -> str:
    """The text with characters 0-4 and 10-23 of each block of 50 mirrored at the block's middle.

    Only while at least two characters follow the block.
    """
    swapped = max(0, (len(text) - 2) // _BLOCK) * _BLOCK
    blocks = (text[start : start + _BLOCK] for start in range(0, swapped, _BLOCK))
    return "".join(map(_mirror, blocks)) + text[swapped:]


def unscramble(text: str) -> str:
    """The text that was scrambled to this one."""
    return scramble(text)


def _mirror(block: str) -> str:
    return "".join(block[_BLOCK - 1 - i if i in _MIRRORED else i] for i in range(_BLOCK))


def encode_music(progression: str) -> str:
    """A progression as it stands in an ``irealb://`` link."""
    for plain, short in _ABBREVIATIONS.items():
        progression = progression.replace(plain, short)
    return MUSIC_PREFIX + scramble(progression)


def decode_music(music: str) -> str:
    """The progression of what `encode_music` gives.

    Examples
    --------
    >>> decode_music(encode_music("T44C^7   | x  Z"))
    'T44C^7   | x  Z'
    """
    progression = unscramble(music.removeprefix(MUSIC_PREFIX))
    for plain, short in reversed(_ABBREVIATIONS.items()):
        progression = progression.replace(short, plain)
    return progression
