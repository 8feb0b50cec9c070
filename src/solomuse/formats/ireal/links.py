"""Reader of iReal Pro links."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from solomuse.errors import ChartError, ChordError, FormatError, SoloMuseError
from solomuse.formats.ireal.progression import read_progression
from solomuse.formats.ireal.scrambling import MUSIC_PREFIX, decode_music
from solomuse.music.chart import Chart
from solomuse.music.keys import parse_key

NO_COMPOSER = "Composer Unknown"
"""What the app writes where no composer is given."""

_log = logging.getLogger(__name__)

_LINK = re.compile(r"""(?P<quote>["']?)ireal(?P<kind>b|book)://""")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_EQUALS = re.compile("=|%3D", re.IGNORECASE)


def read_ireal(text: str, *, lenient: bool = False) -> list[Chart]:
    """The charts of all songs of all links in a text, their repeats written out.

    Parameters
    ----------
    text : str
        A link, or whatever holds links: a file's contents, a page of HTML.
    lenient : bool
        A chord that cannot be read becomes ``X``, and is logged.

    Raises
    ------
    FormatError
        If there is no link, or one is cut short or damaged.
    ChartError, ChordError
        If a progression cannot be read; with song and bar.

    Examples
    --------
    >>> chart = read_ireal("irealbook://Two Chords=Doe Jane=Medium Swing=C=n=T44*A{C^7   |G7   }")[0]
    >>> chart.title, chart.key, len(chart.bars), chart.bars[0].section
    ('Two Chords', 'C:maj', 4, 'A')
    """
    charts = []
    for _, result in read_ireal_songs(text, lenient=lenient):
        if isinstance(result, SoloMuseError):
            raise result
        charts.append(result)
    return charts


def read_ireal_songs(text: str, *, lenient: bool = False) -> Iterator[tuple[str, Chart | SoloMuseError]]:
    """Title and chart of each song in a text, the error in place of a chart that cannot be read.

    Raises
    ------
    FormatError
        If there is no link.
    """
    links = list(_links(text))
    if not links:
        raise FormatError("no link to a song: expected a text that holds irealb:// or irealbook://")
    for kind, link in links:
        fields = _EQUALS.split(link)
        yield from _scrambled_songs(fields, lenient) if kind == "b" else _plain_songs(fields, lenient)


def _links(text: str) -> Iterator[tuple[str, str]]:
    """Kind and contents of each link.

    A link in quotes ends at its quote, one with percent codes at a blank, any other at the end of its line.
    """
    starts = list(_LINK.finditer(text))
    ends = [*(match.start() for match in starts[1:]), len(text)]
    for match, end in zip(starts, ends, strict=False):
        quote, rest = match["quote"], text[match.end() : end]
        first_word = re.split(r"[\s<>\"]", rest, maxsplit=1)[0]
        if quote and quote in rest:
            yield match["kind"], html.unescape(re.sub(r"[\r\n]", "", rest.split(quote, 1)[0]))
        elif _PERCENT.search(first_word):
            yield match["kind"], first_word
        else:
            yield match["kind"], re.split(r"[\"\r\n]", rest, maxsplit=1)[0]


def _scrambled_songs(fields: list[str], lenient: bool) -> Iterator[tuple[str, Chart | SoloMuseError]]:
    """``title=composer==style=key=transposition=music=groove=bpm=repeats``, songs joined by ``===``.

    A field may be empty, so that ``===`` also occurs within a song: songs are found by their music.
    """
    start = 0
    places = [place for place, text in enumerate(fields) if place >= 6 and _is_music(text)]
    for place in places:
        if place - 6 > start:
            yield _without_music(fields[start : place - 6])
        title, composer, _, style, key, _, music = fields[place - 6 : place + 1]
        bpm = unquote(fields[place + 2]) if len(fields) > place + 3 else None
        yield _song(_Fields(title, composer, style, key, music, bpm), lenient)
        start = place + 6
    rest = fields[start:]
    if not places or sum(map(bool, rest)) > 1:
        yield _without_music(rest)


def _plain_songs(fields: list[str], lenient: bool) -> Iterator[tuple[str, Chart | SoloMuseError]]:
    """``title=composer=style=key=n=progression``, songs one behind the other or joined by ``===``."""
    start = 0
    while len(fields) - start >= 6:
        if not fields[start]:
            start += 1
            continue
        title, composer, style, key, _, music = fields[start : start + 6]
        yield _song(_Fields(title, composer, style, key, music, "0"), lenient)
        start += 6
    rest = fields[start:]
    if not start or sum(map(bool, rest)) > 1:
        yield _without_music(rest)


def _is_music(text: str) -> bool:
    return unquote(text[: 3 * len(MUSIC_PREFIX)]).startswith(MUSIC_PREFIX)


def _without_music(fields: list[str]) -> tuple[str, FormatError]:
    """The first title that stands in the fields, and what is wrong with them."""
    title = next((unquote(text) for text in fields if text), "") or "untitled"
    return title, FormatError(f"song {title!r}: its link holds no music or is cut short; share the song anew")


@dataclass(frozen=True, slots=True)
class _Fields:
    """What a link says of a song, percent codes and all; no `bpm` if the link is cut short."""

    title: str
    composer: str
    style: str
    key: str
    music: str
    bpm: str | None

    def decoded(self) -> _Fields:
        """The fields in plain text."""
        values = (self.title, self.composer, self.style, self.key, self.music)
        if not any(map(_PERCENT.search, values)):
            return self
        if any(map(_BROKEN_PERCENT.search, values)):
            raise FormatError("a percent sign without its two digits: the link is damaged or cut short; share it anew")
        try:
            title, composer, style, key, music = (unquote(value, errors="strict") for value in values)
        except UnicodeDecodeError:
            raise FormatError("its percent codes are not UTF-8 text: the link is damaged; share it anew") from None
        return _Fields(title, composer, style, key, music, self.bpm)


def _song(fields: _Fields, lenient: bool) -> tuple[str, Chart | SoloMuseError]:
    """Title and chart of a song, or title and error."""
    title = unquote(fields.title) or "untitled"
    try:
        return title, _chart(fields.decoded(), lenient)
    except ChordError as error:
        return title, ChordError(error.symbol, error.position, f"{error.why} in song {title!r}")
    except (ChartError, FormatError) as error:
        return title, type(error)(f"song {title!r}: {error}")


def _chart(fields: _Fields, lenient: bool) -> Chart:
    if fields.bpm is None:
        raise FormatError("its link is cut short within the music or behind it; share the song anew")
    bpm = int(fields.bpm) if re.fullmatch("[0-9]{1,4}", fields.bpm) else 0
    music = fields.music
    return Chart(
        read_progression(decode_music(music) if music.startswith(MUSIC_PREFIX) else music, lenient=lenient),
        title=fields.title.strip() or None,
        composer=None if fields.composer in ("", NO_COMPOSER) else fields.composer.strip(),
        style=fields.style.strip() or None,
        key=_key(fields.key, lenient),
        qpm=float(bpm) if bpm > 0 else None,
    )


def _key(text: str, lenient: bool) -> str | None:
    try:
        return parse_key(text) if text.strip() else None
    except ChartError as error:
        if not lenient:
            raise
        _log.warning("%s: left out", error)
        return None
