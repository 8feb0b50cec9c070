"""The style that a chart asks for."""

from __future__ import annotations

import re

from solomuse.music.chart import Chart
from solomuse.music.meter import Meter
from solomuse.render.band.styles import STYLES, StyleName

_WORDS: tuple[tuple[StyleName, str], ...] = (
    ("waltz", r"waltz|vals|valse"),
    (
        "bossa",
        r"bossa|samba|latin|even 8|even eighth|straight 8|choro|baiao|bolero|beguine|rh?umba|cha.?cha|mambo|salsa|"
        r"songo|afro|african|calypso|tango|son\b|montuno|ecm|caribbean|una.mas|song.for.my.father",
    ),
    ("funk", r"funk|even 16|hip.?hop|fusion|r ?& ?b|soul|motown|disco|boogaloo|second line"),
    ("blues", r"shuffle|blues|boogie|gospel|zydeco|bayou"),
    ("rock", r"rock|metal|punk"),
    ("pop", r"\bpop|country|folk|reggae|ska\b|march|polka|achy|new age|smooth"),
    ("ballad", r"ballad"),
    ("swing", r"swing|jazz|bop|dixie|gypsy|stride|two.?beat|charleston|foxtrot"),
)
"""Which words name a style; of several the one higher up counts. Latin dances are played as a bossa, their cousin."""

_PACES = ((r"medium up|med(ium)?\.? fast", 1.3), (r"\bup\b|up.?tempo|fast|presto", 1.6), (r"slow|adagio", 0.6))
"""How words change the usual tempo of a style; the first that is found counts."""

BALLAD_QPM = 76
"""Up to this tempo a chart without a style is a ballad."""


def style_of(chart: Chart) -> StyleName:
    r"""The style of a chart: by the text of its style, its meter and its tempo; swing for want of a better.

    Examples
    --------
    >>> from solomuse.music.chart_text import parse_chart
    >>> [style_of(parse_chart(text)) for text in ("style: Bossa Nova\nC", "(3/4) C | G7", "tempo: 60\nC", "C")]
    ['bossa', 'waltz', 'ballad', 'swing']
    """
    text = _words(chart)
    named = next((style for style, words in _WORDS if re.search(words, text)), None)
    if named in (None, "swing") and _is_mostly(chart, Meter(3, 4)):
        return "waltz"
    if named is None and chart.qpm is not None and chart.qpm <= BALLAD_QPM:
        return "ballad"
    return named or "swing"


def usual_qpm(chart: Chart, style: StyleName) -> float:
    """The tempo that a chart gives, else the usual one of the style, faster for ``Up Tempo``, slower for ``Slow``."""
    if chart.qpm is not None:
        return chart.qpm
    text = _words(chart)
    pace = next((factor for words, factor in _PACES if re.search(words, text)), 1.0)
    return STYLES[style].qpm * pace


def _words(chart: Chart) -> str:
    """The text of a chart's style, in small letters with blanks between the words."""
    return re.sub("[-_]", " ", (chart.style or "").lower())


def _is_mostly(chart: Chart, meter: Meter) -> bool:
    return 2 * sum(bar.meter == meter for bar in chart.bars) > len(chart.bars)
