"""The family of exceptions.

::

    SoloMuseError                 what a user or a file got wrong; the command line shows it as one line, exit code 2
    ├── ChordError                a chord symbol that does not parse
    ├── ChartError                a chart that does not parse, or holds nothing
    ├── FormatError               a file that cannot be read
    ├── NoMelodyError             a song without a melody track
    ├── NoChordsError             a song in which no chords are given or can be inferred
    ├── VocabularyError           music that the vocabulary cannot express
    ├── GrammarError              a token sequence that is not well-formed
    ├── DatasetError              songs or a dataset folder that are missing, empty, damaged or of another version
    ├── FetchError                a data set that cannot be downloaded, or is not what was published
    ├── ModelError                a model folder or run that is missing, incomplete, damaged or of another vocabulary
    ├── TrainingError             a training whose numbers have gone astray
    ├── ConfigError               options that are unknown or contradict each other
    └── OutputError               an output that exists already or cannot be written
"""

from __future__ import annotations


class SoloMuseError(Exception):
    """What a user or a file got wrong: says what was expected, what was found, where, and what to do."""

    @property
    def reason(self) -> str:
        """The kind of failure in a few words, by which a batch job counts it."""
        return type(self).__name__.removesuffix("Error")


class ChordError(SoloMuseError):
    """A chord symbol that does not parse.

    Parameters
    ----------
    symbol : str
        The text as the user wrote it.
    position : int
        Index of the first character that does not fit.
    why : str
        What was expected there.
    """

    def __init__(self, symbol: str, position: int, why: str) -> None:
        self.symbol, self.position, self.why = symbol, position, why
        super().__init__(f"chord {symbol!r}: {why}\n  {symbol}\n  {' ' * position}^")


class ChartError(SoloMuseError):
    """A chart that does not parse, or holds nothing."""


class FormatError(SoloMuseError):
    """A file that cannot be read."""


class NoMelodyError(SoloMuseError):
    """A song without a melody track."""


class NoChordsError(SoloMuseError):
    """A song in which no chords are given or can be inferred."""


class VocabularyError(SoloMuseError):
    """Music that the vocabulary cannot express."""


class GrammarError(SoloMuseError):
    """A token sequence that is not well-formed."""


class DatasetError(SoloMuseError):
    """Songs, as files or in an archive, or a dataset folder that are missing, empty, damaged or of another version."""


class FetchError(SoloMuseError):
    """A data set that cannot be downloaded, or is not what was published."""


class ModelError(SoloMuseError):
    """A model folder or run that is missing, incomplete, damaged or of another vocabulary."""


class TrainingError(SoloMuseError):
    """A training whose numbers have gone astray."""


class ConfigError(SoloMuseError):
    """Options that are unknown or contradict each other."""


class OutputError(SoloMuseError):
    """An output that exists already or cannot be written."""
