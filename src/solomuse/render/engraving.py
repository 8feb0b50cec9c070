"""Notation as engraved pages, by verovio."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from xml.etree import ElementTree

from solomuse.errors import ConfigError, OutputError

NEEDS_VEROVIO = 'engraving needs verovio; install it with: pip install "solomuse[notation]"'

OPTIONS = {
    "adjustPageHeight": True,
    "breaks": "line",
    "footer": "none",
    "scale": 45,
    "svgViewBox": True,
    "xmlIdChecksum": True,
}
"""Of verovio: pages no higher than what is on them, lines as the score has them, a size that is the reader's, and the
same pages for the same score."""


def engraved(musicxml: str) -> list[str]:
    """The pages of a score, each as SVG.

    Parameters
    ----------
    musicxml : str
        As `solomuse.formats.musicxml.print_musicxml` gives it.

    Raises
    ------
    ConfigError
        If verovio is not installed.
    OutputError
        If verovio does not take the score.
    """
    try:
        import verovio
    except ImportError:
        raise ConfigError(NEEDS_VEROVIO) from None
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit(False)
    toolkit.setResourcePath(str(files("verovio") / "data"))  # by itself it finds its fonts in one thread alone
    toolkit.setOptions(OPTIONS)
    if not toolkit.loadData(_without_hidden_degrees(musicxml)):
        raise OutputError("the score cannot be engraved: verovio does not take it")
    return [toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1)]


def _without_hidden_degrees(musicxml: str) -> str:
    """The score without the degrees that ``7alt`` says by itself: not to be printed, but verovio prints them."""
    try:
        score = ElementTree.fromstring(musicxml)
    except ElementTree.ParseError:
        return musicxml
    for harmony in score.iter("harmony"):
        for degree in harmony.findall("degree[@print-object='no']"):
            harmony.remove(degree)
    return ElementTree.tostring(score, encoding="unicode")


STYLE = """
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: #fff; color: #000 }
svg { display: block; width: 100%; height: auto; break-inside: avoid }
@media print { body { max-width: none; padding: 0 } }
@page { margin: 12mm }
"""


def engraved_page(musicxml: str, title: str) -> str:
    """The score as one page of HTML that needs nothing else, for the screen and for a printer.

    Raises
    ------
    ConfigError, OutputError
        As `engraved` does.
    """
    pages = "\n".join(page.strip() for page in engraved(musicxml))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n{pages}\n</body>\n</html>\n"
    )
