"""Many notes, kept as columns of numbers: a sequence of `Note` that arithmetic can be done on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from solomuse.music.note import Note


class Notes(Sequence[Note]):
    """Notes in order of time, then pitch, length and velocity; equal to a tuple of the same ones.

    Parameters
    ----------
    columns : ndarray of shape (n, 4), int64
        Time, pitch, duration, velocity; in any order. Not to be changed afterwards.

    Raises
    ------
    ValueError
        If a row is no `Note`.

    Examples
    --------
    >>> notes = Notes.of([Note(480, 62, 240), Note(0, 60, 480)])
    >>> notes[0], notes.ends.tolist()
    (Note(time=0, pitch=60, duration=480, velocity=80), [480, 720])
    """

    __slots__ = ("_values", "columns")

    def __init__(self, columns: NDArray[np.int64]) -> None:
        time, pitch, duration, velocity = columns.T
        is_right = (time >= 0) & (pitch >= 0) & (pitch < 128) & (duration > 0) & (velocity >= 1) & (velocity < 128)
        if not is_right.all():
            Note(*columns[int(np.argmin(is_right))].tolist())  # says what is wrong
        self.columns = _in_order(columns)
        self._values: tuple[Note, ...] | None = None

    @classmethod
    def of(cls, notes: Iterable[Note]) -> Notes:
        """The notes as columns; themselves where they are."""
        if isinstance(notes, Notes):
            return notes
        rows = [(note.time, note.pitch, note.duration, note.velocity) for note in notes]
        return cls(np.array(rows, dtype=np.int64).reshape(-1, 4))

    @property
    def times(self) -> NDArray[np.int64]:
        """Onsets in ticks, shape (n,)."""
        return self.columns[:, 0]

    @property
    def pitches(self) -> NDArray[np.int64]:
        """Shape (n,)."""
        return self.columns[:, 1]

    @property
    def ends(self) -> NDArray[np.int64]:
        """The ticks at which they no longer sound, shape (n,)."""
        return np.asarray(self.columns[:, 0] + self.columns[:, 2])

    def shift(self, ticks: int) -> Notes:
        """The notes moved later by `ticks`."""
        return Notes(self.columns + np.array([ticks, 0, 0, 0]))

    def _tuple(self) -> tuple[Note, ...]:
        if self._values is None:
            self._values = tuple(Note(*row) for row in self.columns.tolist())
        return self._values

    def __len__(self) -> int:
        return len(self.columns)

    def __iter__(self) -> Iterator[Note]:
        return iter(self._tuple())

    @overload
    def __getitem__(self, index: int) -> Note: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Note, ...]: ...

    def __getitem__(self, index: int | slice) -> Note | tuple[Note, ...]:
        return self._tuple()[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Notes):
            return np.array_equal(self.columns, other.columns)
        return self._tuple() == other

    def __hash__(self) -> int:
        return hash(self._tuple())

    def __repr__(self) -> str:
        return repr(self._tuple())

    def __reduce__(self) -> tuple[type[Notes], tuple[NDArray[np.int64]]]:
        return Notes, (self.columns,)


def _in_order(columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows sorted; as they are where they are sorted by time and pitch already."""
    keys = columns[:, 0] * 128 + columns[:, 1]
    if (keys[1:] > keys[:-1]).all():
        return columns
    return columns[np.lexsort(columns.T[::-1])]
