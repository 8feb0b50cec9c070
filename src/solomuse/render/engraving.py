"""Notation as engraved pages, by verovio."""

from __future__ import annotations

from importlib.resources import files

from solomuse.errors import ConfigError, OutputError

OPTIONS = {"pageWidth": 2100, "adjustPageHeight": True, "scale": 45, "footer": "none", "svgViewBox": True}
"""Of verovio: its usual width, pages no higher than what is on them, and a size that is the reader's."""


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
        raise ConfigError('engraving needs verovio; install it with: pip install "solomuse[notation]"') from None
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit(False)
    toolkit.setResourcePath(str(files("verovio") / "data"))  # by itself it finds its fonts in one thread alone
    toolkit.setOptions(OPTIONS)
    if not toolkit.loadData(musicxml):
        raise OutputError("the score cannot be engraved: verovio does not take it")
    return [toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1)]
