"""The language of an iReal Pro progression, such as ``{*AT44C^7   |A-7 D7 }``.

==================== ===============================================================================================
token                what it does here
==================== ===============================================================================================
``C-7b5/Gb``         a chord; ``C*m9*`` one whose quality is spelled freely
``W`` ``W/F#``       the chord before once more, over another bass if one is given
``n`` ``N``          no chord
blank                an empty cell: what sounds goes on. In front of the first chord of a bar it says nothing
``p``                a slash: what sounds goes on, over the bar line too
``x`` ``r``          the bar before, the two bars before; beside chords in a bar both mean ``p``
``T34``              3/4 from here on; ``T12`` is 12/8
``*A`` ``*i`` ``*v`` a part begins here: A, Intro, Verse
``{ }`` ``<3x>``     a repeat, and how often it is played
``N1`` ``N0``        an ending, up to the next thick or double bar line or part; 0 is one more than the last
``S`` ``Q``          segno; coda, the last one being the coda itself and the others the places to leave
``<D.S. al Coda>``   a jump to Coda, Fine or ``2nd End.`` at the next bar line that is not ``|``
``<Fine>`` ``U``       where a jump may end
``(A7b9)``           an alternate chord: left out, as are all other texts
``f s l Y ,``        fermata, sizes, vertical space, separator: left out
==================== ===============================================================================================

A bar with cells and no chord holds the chord before; blanks behind ``] } Z`` are layout and no bar. A coda that no
jump leads to is an outro: a chart is one chorus, the last one, so it leaves for it at the sign.

References
----------
"iReal Pro custom chord chart protocol", irealpro.com; "How the Coda symbol works in iReal Pro", irealpro.com.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from solomuse.errors import ChartError
from solomuse.music.meter import COMMON_TIME, Meter

METER_BY_MARK = {
    **{f"{n}4": Meter(n, 4) for n in range(2, 8)},
    **{f"{n}8": Meter(n, 8) for n in (3, 5, 6, 7, 9)},
    **{f"{n}2": Meter(n, 2) for n in (2, 3)},
    "12": Meter(12, 8),
}
"""The meters of iReal Pro by what follows their ``T``."""

SECTION_BY_MARK = {"i": "Intro", "v": "Verse", "V": "Verse"}
"""The parts that are not called by their letter."""

_log = logging.getLogger(__name__)

_TOKEN = re.compile(
    r"""(?P<text><[^>]*>)
    | (?P<left_out>\([^)]*\) | [slfY,"\t\r\n])
    | T(?P<meter>\d\d)
    | N(?P<ending>\d)
    | (?P<cell>[A-G][b#]?(?:sus|alt|add|[-+^ohb#\d])*(?:\*[^*|\[\]{}Z<>]*\*)?(?:/[A-G][b#]?)? | W(?:/[A-G][b#]?)?
        | [ ] | [nNpxr])
    | \*(?P<section>[A-Za-z])
    | (?P<bar_line>[]|[{}Z])
    | (?P<sign>[SQU])
    """,
    re.VERBOSE,
)
_TIMES = re.compile(r"\(?(?:(\d{1,3}) ?x|x ?(\d{1,3}))\)?", re.IGNORECASE)
_JUMP = re.compile(
    r"(?<![a-z])D\.? ?([CS])(?![a-z])\.?(?: ?al (?:(coda)|(fine)|(\d)(?:st|nd|rd|th) end))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Jump:
    """D.C. or D.S., and how it goes on."""

    goal: Literal["capo", "segno"]
    until: Literal["coda", "fine"] | None
    ending: int


@dataclass(slots=True)
class WrittenBar:
    """A bar as it is written, with the signs that stand at it."""

    meter: Meter
    cells: list[str] = field(default_factory=list)
    section: str | None = None
    starts_repeat: bool = False
    times: int = 0
    ending: int = 0
    segno: bool = False
    fine: bool = False
    jump: Jump | None = None


def read_page(music: str, *, lenient: bool) -> Page:
    """The written bars of a progression.

    Raises
    ------
    ChartError
        At what is not in the language, unless `lenient`, where it is logged and left out; if there is no bar.
    """
    page = Page()
    for kind, text in _tokens(music, page, lenient=lenient):
        getattr(page, kind)(text)
    page.end()
    if not page.bars:
        raise ChartError("the progression holds no bar: expected chords such as 'T44C^7   |A-7 D7 Z'")
    return page


def _tokens(music: str, page: Page, *, lenient: bool) -> Iterator[tuple[str, str]]:
    """Kind and text of each token that says something."""
    position = 0
    while position < len(music):
        match = _TOKEN.match(music, position)
        kind = match.lastgroup if match else None
        if match is None or (kind == "meter" and match["meter"] not in METER_BY_MARK):
            found = music[position : position + 12]
            complaint = f"bar {len(page.bars) + 1}: {found!r} is not iReal Pro's language"
            if not lenient:
                raise ChartError(f"{complaint}; correct it in the app and share the song anew")
            _log.warning("%s: left out", complaint)
            position = match.end() if match else position + 1
            continue
        assert kind is not None
        if kind != "left_out":
            yield kind, match[kind]
        position = match.end()


class Page:
    """The written bars; each method takes one kind of token."""

    def __init__(self) -> None:
        self.bars: list[WrittenBar] = []
        self.codas: list[tuple[int, bool]] = []
        """For each ``Q`` the index of its bar, and whether it stands in front of the bar's first chord."""
        self._here = WrittenBar(COMMON_TIME)
        self._is_closed = True
        self._expects_second_half = False
        self._jump: Jump | None = None
        self._ending = self._last_ending = self._times = 0

    def cell(self, text: str) -> None:
        """A cell of the row."""
        self._here.cells.append(text)

    def meter(self, text: str) -> None:
        """``"T" digit digit``."""
        self._here.meter = METER_BY_MARK[text]

    def section(self, text: str) -> None:
        """``"*" letter``."""
        self._here.section = SECTION_BY_MARK.get(text, text.upper())

    def ending(self, text: str) -> None:
        """``"N" digit``."""
        self._here.ending = self._last_ending = int(text) or self._last_ending + 1

    def sign(self, text: str) -> None:
        """``"S" | "Q" | "U"``."""
        if text == "Q":
            self.codas.append((len(self.bars), not self._has_content))
        elif text == "S":
            self._here.segno = True
        else:
            self._here.fine = True

    def text(self, text: str) -> None:
        """``"<" ["*" digit digit] text ">"``."""
        plain = staff_text(text)
        if times := _TIMES.fullmatch(plain):
            self._times = int(times[1] or times[2])
        elif plain.lower().rstrip(".") == "fine":
            self._here.fine = True
        elif jump := _JUMP.search(plain):
            goal: Literal["capo", "segno"] = "capo" if jump[1] in "Cc" else "segno"
            self._here.jump = Jump(goal, "coda" if jump[2] else "fine" if jump[3] else None, int(jump[4] or 0))

    def bar_line(self, sign: str) -> None:
        """``"|" | "[" | "]" | "{" | "}" | "Z"``: ends the bar before it, if there is one."""
        is_blank_bar = bool(self._here.cells) and not self._is_closed and not self._expects_second_half
        is_bar = self._has_content or is_blank_bar
        if is_bar:
            self._end_bar()
        else:
            self._hand_back()
        self._expects_second_half = is_bar and sign == "|" and "r" in self.bars[-1].cells
        if sign == "}" and self.bars:
            self.bars[-1].times, self._times = self._times or 2, 0
        if sign == "{":
            self._here.starts_repeat, self._last_ending = True, 0
        if sign != "|":
            self._ending = 0
            self._jump_from_here()
        if sign != "|" or is_bar:
            self._is_closed = sign in "]}Z"

    def end(self) -> None:
        """The end of the text, which may come without a bar line."""
        if self._has_content:
            self._end_bar()
        self._hand_back()
        self._jump_from_here()

    @property
    def _has_content(self) -> bool:
        return any(cell != " " for cell in self._here.cells)

    def _end_bar(self) -> None:
        """Put down the bar; a sign for two bars puts down two."""
        here = self._here
        if here.ending:
            self._ending = here.ending
        elif here.section:
            self._ending = 0
        here.ending = self._ending
        self.bars.append(here)
        if repeated_bars(here.cells) == 2:
            self.bars.append(WrittenBar(here.meter, ["r"], ending=here.ending))
        self._jump = here.jump or self._jump
        here.jump = None
        self._here = WrittenBar(here.meter)

    def _hand_back(self) -> None:
        """Give what stands behind a closing bar line, and ends a bar, to the bar before."""
        here = self._here
        here.cells = []
        if self.bars:
            self.bars[-1].fine |= here.fine
            self.bars[-1].jump = self.bars[-1].jump or here.jump
            here.fine, here.jump = False, None

    def _jump_from_here(self) -> None:
        """A jump is made at the end of its part, though its text may stand some bars before."""
        if self._jump is not None and self.bars:
            self.bars[-1].jump, self._jump = self._jump, None


def staff_text(text: str) -> str:
    """The words of a staff text, without brackets and vertical position.

    Examples
    --------
    >>> staff_text("<*36 3x>")
    '3x'
    """
    return re.sub(r"^\*\d\d", "", text.strip("<>")).strip()


def is_direction(words: str) -> bool:
    """Whether a staff text changes the order in which bars are played."""
    return bool(_TIMES.fullmatch(words) or _JUMP.search(words) or words.lower().rstrip(".") == "fine")


def repeated_bars(cells: Sequence[str]) -> int:
    """How many bars a repeat sign alone in its bar stands for; 0 if there is none."""
    signs = {cell for cell in cells if cell != " "}
    return 0 if not signs or signs - {"x", "r"} else 2 if "r" in signs else 1
