"""Parser of chord symbols: Harte labels, and symbols as musicians write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from solomuse.errors import ChordError
from solomuse.music.chord import ALTERED, EXTENDED_SHORTHAND, NO_CHORD, QUALITY_DEGREES, UNKNOWN_CHORD, Chord
from solomuse.music.pitch import (
    DEGREE_SEMITONES,
    PITCH_CLASS_BY_LETTER,
    SHIFT_BY_ACCIDENTAL,
    semitones_of_degree,
)

_LOOK_ALIKES = str.maketrans("♭♯＃−–—‐°º˚△∆▵Ø⌀⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻\u00a0", "b##----oooΔΔΔøø0123456789+- ")
_WORDS = {
    **dict.fromkeys(("N", "NC", "N.C.", "N.C", "n.c.", "nc", "(N.C.)", "NoChord"), NO_CHORD),
    **dict.fromkeys(("X", "?"), UNKNOWN_CHORD),
}
_LETTERS = PITCH_CLASS_BY_LETTER | {"H": 11}
"""German H is B natural; B itself is read as everywhere else."""

_DEGREE = re.compile(r"[b#]*(?:1[0-3]|[1-9])")
_NUMBER = r"(?:1[0-3]|[2-9])"
_WORDY_MARK = (
    rf"(?P<verb>add|no|omit|\*)?(?P<degree>(?:maj|Maj|M|Δ|\^|j)7|(?:(?<=add)bb|[b#+-])?{_NUMBER})"
    r"|(?P<word>alt|sus(?:24|13|2|4|7|9)?|\+)"
)
_MARK = re.compile(_WORDY_MARK)
_MARK_BEHIND = re.compile(rf"(?P<behind>(?:5|6|9|11|13)[b#])|{_WORDY_MARK}")
"""Marks, the accidental in front of the number (``C7b9``) or behind it (``C79b``, as in jazz databases)."""

_MINOR = ("m", "min", "mi", "-", "Min", "MIN", "Mi", "MI", "minor")
_MAJOR = ("maj", "Maj", "MAJ", "M", "Δ", "^", "j", "ma", "Ma", "MA", "major")
_DIMINISHED, _HALF, _AUGMENTED = ("dim", "o", "d", "0"), ("ø", "h", "hdim"), ("aug", "+")
_Base = tuple[str, tuple[str, ...], tuple[str, ...]]


def _symbol_table() -> dict[str, _Base]:
    """Quality, extensions and omissions by the text that follows the root."""
    table: dict[str, _Base] = {}

    def add(texts: list[str], quality: str, *extensions: str, omit: tuple[str, ...] = ()) -> None:
        table.update(dict.fromkeys(texts, (quality, extensions, omit)))

    add(["", *(major for major in _MAJOR if major not in ("Δ", "^", "j"))], "maj")
    add(["5"], "5")
    add(["Bass", "bass"], "1")
    add(["2"], "maj", "9")
    add(["4"], "sus4")
    add(["6", *(major + "6" for major in _MAJOR)], "maj6")
    add([text + nine for text in ("6", "maj6", "M6") for nine in ("9", "/9")], "maj6", "9")
    for number in ("7", "9", "11", "13"):
        extensions = EXTENDED_SHORTHAND[number][1] if number != "7" else ()
        add([number, "dom" + number], "7", *extensions)
        add([*(major + number for major in _MAJOR), number + "M"], "maj7", *extensions)
        add([minor + number for minor in _MINOR], "min7", *extensions)
        add([augmented + number for augmented in _AUGMENTED], "aug", "b7", *extensions)
        add([half + number for half in _HALF], "hdim7", *extensions)
        for minor in _MINOR:
            add([f"{minor}{major}{number}" for major in _MAJOR], "minmaj7", *extensions)
            add([f"{minor}({major}{number})" for major in _MAJOR], "minmaj7", *extensions)
        add([f"{augmented}{major}{number}" for augmented in _AUGMENTED for major in _MAJOR], "aug", "7", *extensions)
    add(["Δ", "^"], "maj7")
    add(list(_MINOR), "min")
    add([minor + "6" for minor in _MINOR], "min6")
    add([minor + nine for minor in _MINOR for nine in ("69", "6/9")], "min6", "9")
    add([minor + delta for minor in _MINOR for delta in ("Δ", "^")], "minmaj7")
    add(list(_DIMINISHED), "dim")
    add([text + "7" for text in _DIMINISHED], "dim7")
    add([f"{text}{major}7" for text in ("dim", "o") for major in _MAJOR], "dim", "7")
    add(["ø", "h", "hdim"], "hdim7")
    add([*_AUGMENTED, "+5"], "aug")
    add(["a7", "7aug"], "aug", "b7")
    add(["7alt", "alt", "7alt.", "alt."], "7", *ALTERED, omit=("5",))
    add(["lyd", "lydian"], "maj7", "#11")
    add(["quartal"], "sus4", "b7", omit=("5",))
    add(["phryg", "phrygian"], "sus4", "b7", "b9")
    return table


_TABLE = _symbol_table()
_LONGEST_TEXT = max(map(len, _TABLE))
_HARTE_SHORTHAND = EXTENDED_SHORTHAND | {
    "b9": ("7", ("b9",)),
    "#9": ("7", ("#9",)),
    "#11": ("7", ("9", "#11")),
    "b13": ("7", ("9", "b13")),
}


def parse_chord(text: str, *, lower_case_roots: bool = False, accidentals_behind: bool = False) -> Chord:
    """The chord that a symbol or a Harte label stands for.

    Parameters
    ----------
    lower_case_roots : bool
        Read ``dm7`` as ``Dm7``. A bass may always be in lower case.
    accidentals_behind : bool
        Read ``79b13`` as ``7(b9,13)``, as the Weimar Jazz Database has it, and not as ``7(9,b13)``. What can be
        read in one way only is read either way.

    Raises
    ------
    ChordError
        With a caret under the first character that does not fit.

    Examples
    --------
    >>> parse_chord("C7(b9)/E").label, parse_chord("Bb:min7/b7").symbol()
    ('C:7(b9)/3', 'Bbm7/Ab')
    """
    return _parse(text, lower_case_roots, accidentals_behind)


@lru_cache(maxsize=65536)
def _parse(text: str, lower_case_roots: bool, accidentals_behind: bool) -> Chord:
    plain = text.translate(_LOOK_ALIKES).removesuffix("_")  # Impro-Visor's mark of how a chord is played
    if plain in _WORDS:
        return _WORDS[plain]
    letters = plain[:1].upper() + plain[1:] if lower_case_roots else plain
    root, end = _pitch_class(text, letters, 0)
    if plain[end : end + 1] == ":":  # of labels that programs write, which spell as it comes
        return _harte(text, plain, root, end + 1)
    if match := re.fullmatch(r"/([b#]?[1-7])", plain[end:]):  # a label without a shorthand is a major triad
        return Chord(root, "maj", bass=(root + semitones_of_degree(match.group(1))) % 12)
    furthest: ChordError | None = None
    for mark in (_MARK_BEHIND, _MARK) if accidentals_behind else (_MARK, _MARK_BEHIND):
        for length in _quality_lengths(plain, end, mark):
            try:
                return _Symbol(text, plain, root, letters[:end], length, mark).chord()
            except ChordError as error:
                if furthest is None or error.position > furthest.position:
                    furthest = error
    assert furthest is not None  # the empty quality is always tried
    raise furthest


def _quality_lengths(plain: str, start: int, mark: re.Pattern[str]) -> Iterator[int]:
    """Lengths of the texts of the table at `start`, longest first.

    Where accidentals stand behind, a text must not take a number away from its own.
    """
    for length in range(min(_LONGEST_TEXT, len(plain) - start), -1, -1):
        text, after = plain[start : start + length], plain[start + length : start + length + 1]
        takes_number = mark is _MARK_BEHIND and re.search(r"(?:5|6|9|11|13)$", text) and bool(after) and after in "b#"
        if text in _TABLE and not takes_number:
            yield length


def _pitch_class(text: str, plain: str, start: int, accidentals: str = "b#") -> tuple[int, int]:
    """Pitch class of a letter with its accidentals, and where it ends."""
    letter = plain[start : start + 1]
    if letter not in _LETTERS:
        raise ChordError(text, start, "expected a note name A to G")
    end = start + 1
    while plain[end : end + 1] and plain[end] in accidentals:
        end += 1
    shift = sum(SHIFT_BY_ACCIDENTAL.get(sign, 1) for sign in plain[start + 1 : end])
    return (_LETTERS[letter] + shift) % 12, end


class _Symbol:
    """Reads what follows the root: ``quality mark* ["/" bass]``."""

    def __init__(self, text: str, plain: str, root: int, name: str, length: int, mark: re.Pattern[str]) -> None:
        self._text, self._plain, self._root, self._name, self._mark = text, plain, root, name, mark
        start = len(name)
        self._end = start + length
        quality = plain[start : self._end]
        if mark is _MARK_BEHIND and not quality and plain[start : start + 1].isdigit():
            quality = "7"  # "9b" and "13b" are dominants
        self._quality, extensions, omissions = _TABLE[quality]
        self._extensions, self._omissions = list(extensions), list(omissions)
        self._implied = "9" if quality.endswith(("11", "13")) else None
        """The ninth of a chord that is named by its eleventh or thirteenth; an altered ninth takes its place."""

    def chord(self) -> Chord:
        self._read_marks()
        bass, bass_name = self._root, self._name
        if self._plain[self._end : self._end + 1] == "/":
            start = self._end + 1
            letters = self._plain[:start] + self._plain[start : start + 1].upper() + self._plain[start + 1 :]
            bass, self._end = _pitch_class(self._text, letters, start, "b#+")
            bass_name = letters[start : self._end].replace("+", "#")
        if self._end != len(self._plain):
            raise ChordError(self._text, self._end, "not a chord symbol from here on")
        if self._implied and {"b9", "#9"} & set(self._extensions):
            self._extensions.remove(self._implied)
        names = (self._name.replace("H", "B"), bass_name.replace("H", "B"))
        return Chord(self._root, self._quality, tuple(self._extensions), tuple(self._omissions), bass, names)

    def _read_marks(self) -> None:
        depth = 0
        while self._end < len(self._plain):
            sign = self._plain[self._end]
            if sign == "/" and not re.match(r"/(?:[b#]?\d|add|no|sus|alt|maj7|M7)", self._plain[self._end :]):
                break
            if sign in "(), [] /":
                depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(sign, 0)
                if depth not in (0, 1):
                    raise ChordError(self._text, self._end, "parenthesis without its partner")
                self._end += 1
                continue
            mark = self._mark.match(self._plain, self._end)
            if mark is None:
                raise ChordError(self._text, self._end, "not a chord symbol from here on")
            self._apply(mark)
            self._end = mark.end()
        if depth:
            raise ChordError(self._text, self._end, "expected a closing parenthesis")

    def _apply(self, mark: re.Match[str]) -> None:
        parts = mark.groupdict()
        if parts["word"]:
            self._apply_word(parts["word"])
            return
        degree = parts["degree"] or parts["behind"][-1] + parts["behind"][:-1]
        if degree == "7" and parts["verb"] is None:
            degree = "b7"  # as in C7
        elif degree.endswith("7") and degree[0] in "mMΔ^j":
            degree = "7"
        degree = degree.replace("+", "#").replace("-", "b")
        if parts["verb"] in ("no", "omit", "*"):
            own = [held for held in QUALITY_DEGREES[self._quality] if held.lstrip("b#") == degree.lstrip("b#")]
            self._omissions += own
        else:
            self._extensions.append(degree)

    def _apply_word(self, word: str) -> None:
        if word == "+":
            self._extensions.append("#5")
        elif word == "alt":
            self._extensions += ALTERED
            self._omissions.append("5")
        else:
            sevenths = [degree for degree in QUALITY_DEGREES[self._quality] if degree.endswith("7")]
            sixths = ["13"] if self._quality in ("maj6", "min6") else []
            fifths = [degree for degree in QUALITY_DEGREES[self._quality] if degree in ("b5", "#5")]
            self._extensions += [*sevenths, *sixths, *fifths]
            self._quality = "sus2" if word == "sus2" else "sus4"
            more = {"sus24": ["9"], "sus7": ["b7"], "sus9": ["b7", "9"], "sus13": ["b7", "9", "13"]}
            self._extensions += more.get(word, [])


def _harte(text: str, plain: str, root: int, start: int) -> Chord:
    """``[shorthand] ["(" degree {"," degree} ")"] ["/" degree]`` (Harte 2010, section 5.4).

    A degree list without a shorthand is the whole chord. As in the database of Billboard songs and in POP909, an
    altered fifth in the list replaces the plain one.
    """
    match = re.compile(r"([A-Za-z0-9#]*)(?:\(([^()]*)\))?(?:/(.+))?").match(plain, start)
    assert match is not None
    shorthand, marks, bass_degree = match.groups()
    quality, base = _HARTE_SHORTHAND.get(shorthand, (shorthand or ("1" if marks else "maj"), ()))
    if quality not in QUALITY_DEGREES or quality in ("N", "X"):
        raise ChordError(text, start, f"{shorthand!r} is not a chord quality")
    if match.end() != len(plain):
        raise ChordError(text, match.end(), "not a chord label from here on")
    extensions, omissions = list(base), list[str]()
    position = match.start(2)
    for mark in marks.split(",") if marks else ():
        degree = mark.strip()
        omitted = degree.startswith("*")
        degree = degree.removeprefix("*")
        if not _DEGREE.fullmatch(degree) or degree.lstrip("b#") not in DEGREE_SEMITONES:
            raise ChordError(text, position, "expected a degree such as b9 or *5")
        if omitted and degree in extensions:
            extensions.remove(degree)
        elif omitted:
            omissions.append(degree)
        else:
            extensions.append(degree)
        position += len(mark) + 1
    bass = root
    if bass_degree is not None:
        if not _DEGREE.fullmatch(bass_degree):
            raise ChordError(text, match.start(3), "expected a bass degree such as 3 or b7")
        bass = (root + semitones_of_degree(bass_degree)) % 12
    return Chord(root, quality, tuple(extensions), tuple(omissions), bass)
