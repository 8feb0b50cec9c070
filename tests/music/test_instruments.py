from __future__ import annotations

import pytest

from solomuse.errors import ConfigError
from solomuse.music.instruments import _ALIASES, INSTRUMENTS, Instrument, find_instrument


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=lambda instrument: instrument.name)
def test_every_instrument_is_found_by_its_name_and_title(instrument: Instrument) -> None:
    assert find_instrument(instrument.name) is find_instrument(instrument.title) is instrument


@pytest.mark.parametrize(("name", "aliases"), _ALIASES.items())
def test_every_alias_names_one_instrument(name: str, aliases: str) -> None:
    assert {find_instrument(alias).name for alias in aliases.split(", ")} == {name}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Tenor Saxophone", "tenor-sax"),
        ("tenorsax", "tenor-sax"),
        ("sax, tenor", "tenor-sax"),
        ("TS", "tenor-sax"),
        ("alto_sax", "alto-sax"),
        ("Vibes", "vibraphone"),
        ("French Horn", "horn"),
        ("upright bass", "double-bass"),
    ],
)
def test_names_are_found_as_people_write_them(text: str, name: str) -> None:
    assert find_instrument(text).name == name


@pytest.mark.parametrize(
    ("name", "sounding", "written"),
    [
        ("tenor-sax", 58, 72),  # a tenor reads C5 for the B flat below middle C
        ("alto-sax", 63, 72),
        ("baritone-sax", 51, 72),
        ("trumpet", 70, 72),
        ("horn", 65, 72),
        ("guitar", 60, 72),
        ("double-bass", 36, 48),
        ("piccolo", 84, 72),
        ("glockenspiel", 96, 72),
        ("flute", 72, 72),
    ],
)
def test_a_player_reads_the_written_pitch_for_the_sounding_one(name: str, sounding: int, written: int) -> None:
    assert sounding + INSTRUMENTS[name].written == written


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=lambda instrument: instrument.name)
def test_a_range_is_that_of_a_melody_and_is_written_near_its_staff(instrument: Instrument) -> None:
    middle_of_staff = {"treble": 71, "treble-8": 59, "alto": 60, "bass": 50}[instrument.clef]
    assert instrument.high - instrument.low >= 20
    assert instrument.low + instrument.written <= middle_of_staff <= instrument.high + instrument.written


def test_an_unknown_instrument_is_refused_with_its_nearest() -> None:
    with pytest.raises(ConfigError, match="'trumpett' is not known; did you mean trumpet"):
        find_instrument("trumpett")
    with pytest.raises(ConfigError, match="known are soprano-sax, alto-sax"):
        find_instrument("")


def test_what_is_no_midi_instrument_is_refused() -> None:
    with pytest.raises(ValueError, match="range 80 to 70"):
        Instrument("kazoo", 1, 80, 70)
