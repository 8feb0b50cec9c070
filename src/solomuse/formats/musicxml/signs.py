"""Accidentals in front of notes, by the key and what stood before in the bar."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from solomuse.music.keys import altered_letters

_NAMES = {-1: "flat", 0: "natural", 1: "sharp"}
_Line = tuple[str, int]


class Signs:
    """Which accidentals hold, as a reader of the staff has them in mind.

    Parameters
    ----------
    fifths : int
        Sharps of the key's signature, flats below zero.
    """

    def __init__(self, fifths: int) -> None:
        self._of_key = altered_letters(fifths)
        self._here: dict[_Line, int] = {}
        self._before: dict[_Line, int] = {}

    def begin_bar(self) -> None:
        """Forget the accidentals of the bar before, but for a reminder."""
        self._before, self._here = self._here, {}

    def accidental(self, step: str, octave: int, alter: int, *, is_tied: bool) -> Element | None:
        """The ``<accidental>`` that a note needs; one to remind of what the bar before has changed is cautionary.

        Parameters
        ----------
        is_tied : bool
            Whether it goes on from the note before, and needs none.
        """
        if is_tied:
            return None
        line, usual = (step, octave), self._of_key[step]
        is_needed = self._here.get(line, usual) != alter
        is_reminder = line not in self._here and self._before.get(line, usual) != alter
        self._here[line] = alter
        if not (is_needed or is_reminder):
            return None
        element = Element("accidental") if is_needed else Element("accidental", cautionary="yes")
        element.text = _NAMES[alter]
        return element
