"""The style that a chart asks for."""

from __future__ import annotations

import re
import unicodedata

from solomuse.music.chart import Chart
from solomuse.music.meter import Meter
from solomuse.render.band.styles import STYLES, StyleName

_EVEN = r"\beven\b|\bstraight\b(?! ?ahead)"
"""Words for eighths that do not swing, in whichever style that is not said to."""

_WORDS: tuple[tuple[StyleName, str], ...] = (
    ("waltz", r"waltz|vals|valse"),
    (
        "bossa",
        r"bossa|samba|partido|batucada|latin|choro|baiao|afoxe|frevo|maracatu|bolero|beguine|rh?umba|cha.?cha|mambo|"
        r"salsa|songo|afro|african|nanigo|calypso|tango|chacarera|cumbia|danzon|son\b|montuno|tumbao|guaguanco|guajira|"
        r"merengue|ecm|caribbean|una.mas|song.for.my.father",
    ),
    ("funk", r"funk|even 16|hip.?hop|fusion|\br ?('?n'?|&|and) ?b\b|soul|motown|disco|boogaloo|second line"),
    ("blues", r"shuffle|blues|boogie|gospel|zydeco|bayou"),
    ("rock", r"rock|metal|punk"),
    (
        "pop",
        r"\bpop|country|bluegrass|folk|\breels?\b|\bjigs?\b|reggae|ska\b|march|polka|achy|new age|smooth|\bhouse\b|"
        r"techno|\bedm\b",
    ),
    ("ballad", r"ballad"),
    ("swing", r"swing|straight ?ahead"),
    ("bossa", _EVEN),
    ("swing", r"jazz|bop|dixie|gypsy|stride|two.?beat|charleston|foxtrot"),
)
"""Which words name a style; of several the one higher up counts. Latin dances are played as a bossa, their cousin."""

_DANCES = (
    (r"samba|partido|batucada|gypsy|dixie|trad jazz", 200.0),
    (r"son\b|montuno|tumbao|guaguanco|mambo|salsa", 180.0),
    (r"bluegrass|\breels?\b", 140.0),
    (r"disco|\bhouse\b|techno|\bedm\b|tango|cha.?cha", 120.0),
    (r"bolero|beguine", 100.0),
    (r"reggae", 80.0),
)
"""Usual tempos of what has another pace than the style that is played for it, in quarters a minute; in 2/4 half."""

_PACES = (
    (r"\bmed(ium)?\.? (up|fast)|bright", 1.3),
    (r"\bmed(ium)?\.? slow", 0.8),
    (r"\bup\b|up.?tempo|fast|presto", 1.6),
    (r"slow|adagio", 0.6),
    (r"ballad", 0.65),
)
"""How words other than the style's own change its usual tempo; the first that is found counts."""

LEAST_USUAL_QPM, MOST_USUAL_QPM = 54.0, 250.0
"""Words lead no further."""

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


def is_even(chart: Chart) -> bool:
    """Whether a chart says that its eighths are even, whatever its style: ``Ballad Even``, ``Straight 8ths``."""
    text = _words(chart)
    return re.search(_EVEN, text) is not None and "swing" not in text


def usual_qpm(chart: Chart, style: StyleName) -> float:
    """The tempo that a chart gives, else the usual one of the style, faster for ``Up Tempo``, slower for ``Slow``.

    What a chart names more exactly than the styles do, such as a samba, has a tempo of its own in the style that is
    played for it.
    """
    if chart.qpm is not None:
        return chart.qpm
    text = _words(chart)
    dances = _DANCES if style == style_of(chart) else ()
    share = 0.5 if _is_mostly(chart, Meter(2, 4)) else 1.0
    qpm = next((share * qpm for words, qpm in dances if re.search(words, text)), STYLES[style].qpm)
    pace = next((factor for words, factor in _PACES if re.search(words, text.replace(style, ""))), 1.0)
    return min(MOST_USUAL_QPM, max(LEAST_USUAL_QPM, qpm * pace))


def _words(chart: Chart) -> str:
    """The text of a chart's style, in small letters without accents, with blanks between the words."""
    plain = unicodedata.normalize("NFKD", chart.style or "").lower()
    return re.sub(r"[-_\s]+", " ", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def _is_mostly(chart: Chart, meter: Meter) -> bool:
    return 2 * sum(bar.meter == meter for bar in chart.bars) > len(chart.bars)
