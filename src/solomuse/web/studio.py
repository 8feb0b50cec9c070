"""What the page shows and plays: charts, solos, and the files of a solo."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, TypeVar
from uuid import uuid4

from solomuse.analysis.key import key_of_chart
from solomuse.datasets.lead_sheets import NamedSheet, read_lead_sheet, read_lead_sheets
from solomuse.errors import ConfigError, FormatError, SoloMuseError
from solomuse.generation import Edit, Solo, generate
from solomuse.generation.lines import read_line
from solomuse.generation.ranking import rank
from solomuse.generation.report import report_of
from solomuse.generation.report_table import remarks
from solomuse.model.folder import Model
from solomuse.model.melodies import Melodies, load_melodies
from solomuse.music.chart import Chart
from solomuse.music.chart_text import print_chart
from solomuse.music.instruments import INSTRUMENTS
from solomuse.music.keys import parse_key
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.spelling import spelled
from solomuse.render.band.guess import style_of
from solomuse.render.band.styles import STYLE_NAMES
from solomuse.render.engraving import engraved
from solomuse.render.files import ENGRAVED, check_ending, possible
from solomuse.render.performance import Performance, qpm_of, swing_of
from solomuse.render.piano_roll import COLOUR_BY_ROLE, note_roles
from solomuse.render.sound import FORMAT_BY_ENDING, SoundFontChoice, stem_paths
from solomuse.web.wishes import controls_of, edit_of, number_of, rendering_of, text_of

Read = TypeVar("Read")

MOST_KEPT, MOST_BYTES = 400, 200_000_000
"""Of solos, whose files can be had, and of the sound that is kept of them; the oldest go first."""

NAME, TYPED = "solo", "chart.txt"
"""What the files of a solo are called, and a chart that was typed."""


@dataclass(frozen=True, slots=True)
class Played:
    """A solo with its report."""

    solo: Solo
    report: dict[str, Any]


class GoneError(SoloMuseError):
    """A solo or a line is not kept any more."""


class Studio:
    """Plays the solos of a model, one request at a time, and keeps the newest ones.

    Parameters
    ----------
    soundfont : Path, "built-in" or None
        As `solomuse.render.sound.render_song` takes it.
    """

    def __init__(self, model: Model, soundfont: SoundFontChoice = None) -> None:
        self._model, self._soundfont = model, soundfont
        self._turn = Lock()
        self._solos: OrderedDict[str, Played] = OrderedDict()
        self._lines: OrderedDict[str, LeadSheet] = OrderedDict()
        self._sounds: OrderedDict[tuple[str, str], dict[str, bytes]] = OrderedDict()

    @cached_property
    def _melodies(self) -> Melodies | None:
        return load_melodies(self._model.path)

    def choices(self) -> dict[str, Any]:
        """What can be asked for."""
        learned = {name: list(self._model.choices(name)) for name in ("style", "feel", "player")}
        endings = possible()
        return {
            **learned,
            "is_described": self._model.is_described,
            "instrument": list(INSTRUMENTS),
            "band": list(STYLE_NAMES),
            "colours": COLOUR_BY_ROLE,
            "endings": [*endings, *((".flac", ".mp3") if find_spec("soundfile") is not None else ()), ".json"],
            "is_engraved": ENGRAVED in endings,
        }

    def charts(self, data: bytes, name: str, song: str | None, key: str | None) -> dict[str, Any]:
        """The chart of a text or a file; of several the titles, and the one that is asked for, else the first readable.

        Parameters
        ----------
        name : str
            Of the file; its ending says what it is.
        song : str, optional
            The number of one of several, from 1.
        key : str, optional
            To move it to, from that which the chart names or else has by its chords.

        Raises
        ------
        SoloMuseError
            As `read_lead_sheets` says, or if there is no such song or key.
        """
        sheets = _sheets(data, name)
        numbers = {str(number): number for number in range(1, len(sheets) + 1)}
        is_read = [not isinstance(sheet.result, SoloMuseError) for sheet in sheets]
        number = is_read.index(True) + 1 if song is None else numbers.get(song, 0)
        if not number:
            raise ConfigError(f"song is {song}: expected 1 to {len(sheets)}")
        result = sheets[number - 1].result
        if isinstance(result, SoloMuseError):
            raise result
        chart = replace(result.chart, key=result.chart.key or key_of_chart(result.chart))
        moved = replace(result, chart=chart).in_key(parse_key(key)).chart if key is not None else None
        return {
            **chart_document(moved or chart, Performance()),
            "text": print_chart(moved or result.chart),
            "songs": [sheet.name for sheet in sheets],
            "song": number,
        }

    def line(self, data: bytes, name: str) -> dict[str, Any]:
        """Keep the melody of a file, as what a solo can go on from, answer or vary.

        Raises
        ------
        SoloMuseError
            As `read_line` says.
        """
        line = _read(data, name, read_line)
        return {"id": _kept(self._lines, line), "notes": len(line.melody), "bars": len(line.chart.bars)}

    def play(self, wish: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Solos over a chart, those most like human ones first.

        Parameters
        ----------
        wish : mapping
            As `solomuse.web.wishes` says.

        Raises
        ------
        SoloMuseError
            As `generate` says, or if a wish cannot be understood.
        """
        controls, performance = controls_of(wish), rendering_of(wish).performance
        takes, seed = number_of(wish, "takes", 1), number_of(wish, "seed", 1)
        edit = self._edit(wish)
        chart = self._chart(wish, edit)
        chart = replace(chart, qpm=qpm_of(chart, performance))  # the model is told what the band will take
        with self._turn:
            solos = generate(self._model, chart, takes=takes, seed=seed, controls=controls, edit=edit)
            melodies = self._melodies
            ranked = rank(solos, melodies, takes)
            reports = [report_of(own.solo, self._model, melodies, controls, edit, own) for own in ranked.best]
        return [
            {
                "id": _kept(self._solos, Played(own.solo, report)),
                **solo_document(own.solo, performance),
                "report": report,
                "remarks": list(remarks(report)),
            }
            for own, report in zip(ranked.best, reports, strict=True)
        ]

    def file(self, identity: str, name: str, wish: Mapping[str, Any]) -> bytes:
        """A file of a solo, made as its ending says; ``solo.solo.wav`` and ``solo.band.wav`` are its stems.

        Raises
        ------
        GoneError
            If the solo is not kept any more.
        SoloMuseError
            As `solomuse.render.files.write_lead_sheet` says, or if a wish cannot be understood.
        """
        played, path = self._played(identity), Path(name)
        if name == f"{NAME}.json":
            return json.dumps(played.report, ensure_ascii=False, indent=1).encode()
        check_ending(path)
        is_sound = path.suffix.lower() in FORMAT_BY_ENDING
        rendering = rendering_of(wish, stems=is_sound and path.stem != NAME)
        rendering = replace(rendering, soundfont=self._soundfont)
        kept = (identity, f"{path.suffix} {rendering}")
        if (known := self._sounds.get(kept, {}).get(name)) is not None:
            return known
        whole = Path(f"{NAME}{path.suffix}")
        made = (whole, *stem_paths(whole)) if rendering.stems else (whole,)
        if path not in made:
            raise ConfigError(f"there is no {name}: expected one of {', '.join(map(str, made))}")
        with self._turn:
            if kept in self._sounds:  # made while this request waited
                return self._sounds[kept][name]
            with TemporaryDirectory() as folder:
                played.solo.write(Path(folder) / whole, rendering)
                files = {str(file): (Path(folder) / file).read_bytes() for file in made}
            if is_sound:
                self._keep_sound(kept, files)
        return files[name]

    def pages(self, identity: str, wish: Mapping[str, Any]) -> list[str]:
        """The engraved pages of a solo, each as SVG.

        Raises
        ------
        GoneError, SoloMuseError
            As `file` does.
        ConfigError
            If verovio is not installed.
        """
        text = self.file(identity, f"{NAME}.musicxml", wish).decode()
        with self._turn:
            return engraved(text)

    def _keep_sound(self, kept: tuple[str, str], files: dict[str, bytes]) -> None:
        self._sounds[kept] = files
        while sum(len(data) for made in self._sounds.values() for data in made.values()) > MOST_BYTES:
            self._sounds.popitem(last=False)

    def _played(self, identity: str) -> Played:
        played = self._solos.get(identity)
        if played is None:
            raise GoneError("this solo or line is not kept any more: play it again, or open it again")
        return played

    def _edit(self, wish: Mapping[str, Any]) -> Edit | None:
        given = wish.get("edit")
        if given is None:
            return None
        identity = text_of(given, "line") if isinstance(given, dict) else None
        if identity is None:
            raise ConfigError("edit names no line: expected the one of a solo or of a file")
        return edit_of(given, self._lines.get(identity) or self._played(identity).solo.line)

    def _chart(self, wish: Mapping[str, Any], edit: Edit | None) -> Chart:
        """The chart of a wish; without a text that of the line that is edited."""
        text = text_of(wish, "chart")
        if text is not None:
            chart = _read(text.encode(errors="replace"), TYPED, read_lead_sheet).chart
            return chart.repeated(number_of(wish, "choruses", 1))
        if edit is None:
            raise ConfigError("there is no chart: type one")
        return edit.line.chart


def chart_document(chart: Chart, performance: Performance) -> dict[str, Any]:
    """A chart as the page shows it; times in ticks, those of chords from the bar line."""
    bars = [
        {
            "start": start,
            "duration": bar.duration,
            "meter": str(bar.meter),
            "beat": bar.meter.beat_ticks,
            "section": bar.section,
            "chords": [{"time": span.time, "symbol": span.chord.symbol("plain", chart.key)} for span in bar.chords],
        }
        for start, bar in zip(chart.bar_times, chart.bars, strict=False)
    ]
    return {
        "title": chart.title,
        "composer": chart.composer,
        "key": chart.key,
        "qpm": qpm_of(chart, performance),
        "band": performance.style or style_of(chart),
        "swing": swing_of(chart, performance),
        "is_pickup": chart.pickup > 0,
        "bars": bars,
    }


def solo_document(solo: Solo, performance: Performance) -> dict[str, Any]:
    """A solo as the page shows it: its chart, and each note as time, pitch, duration, role, name."""
    sheet = solo.sheet_in_key
    names, roles = spelled(sheet.melody, sheet.chart), note_roles(sheet)
    notes = [
        [note.time, note.pitch, note.duration, role, name]
        for note, role, name in zip(sheet.melody, roles, names, strict=True)
    ]
    return {"seed": solo.seed, "take": solo.take, "chart": chart_document(sheet.chart, performance), "notes": notes}


def _read(data: bytes, name: str, read: Callable[[Path], Read]) -> Read:
    """What a reader makes of data that came as a file; what it says of it names no folder."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / _file_name(name)
        path.write_bytes(data)
        try:
            return read(path)
        except SoloMuseError as error:
            text = str(error).replace(f"{path}: ", "" if path.name == TYPED else f"{path.name}: ")
            raise FormatError(text.replace(f"{folder}/", "")) from None


@lru_cache(maxsize=2)
def _sheets(data: bytes, name: str) -> list[NamedSheet]:
    """All songs of a text or a file; kept, as one after the other is chosen from a book."""
    return _read(data, name, read_lead_sheets)


def _file_name(name: str) -> str:
    """A name that any system takes, with the ending of this one."""
    stem, *endings = Path(name).name.split(".")
    plain = re.sub(r"[^\w -]", "", stem)[:64].strip() or "chart"
    return ".".join([plain, *(re.sub(r"\W", "", ending)[:12] for ending in endings)])


def _kept(values: OrderedDict[str, Any], value: object) -> str:
    """The id under which a value is kept from now on."""
    identity = uuid4().hex
    values[identity] = value
    while len(values) > MOST_KEPT:
        values.popitem(last=False)
    return identity
