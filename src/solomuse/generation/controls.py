"""What a musician asks of a solo, and what becomes of it: conditions, rules, sampling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from solomuse.datasets.conditions import solo_instrument
from solomuse.errors import ConfigError
from solomuse.generation.loop import Rule
from solomuse.generation.rules import Harmony, Phrases, Range, Rests
from solomuse.generation.sampling import Sampling
from solomuse.model.folder import Model
from solomuse.music.instruments import Instrument, find_instrument
from solomuse.tokens.vocabulary import DENSITIES, PLACES, REGISTERS, UNSAID, nearest

OCTAVE = 12

FEWEST_BARS = 8
"""Of a whole solo. Shorter ones, which humans do not play, would mostly be the silence before and after."""
ARC_DENSITY, ARC_SEMITONES = 0.5, 7.0
"""How much an arc of 1 adds at its top and takes away at its bottom: a share of the density, semitones."""
KNOWN_DENSITY, KNOWN_REGISTER = (DENSITIES[0] / 2, DENSITIES[-1] + 1), (REGISTERS[0] - 3, REGISTERS[-1] + 3)
"""What is not far from any of `DENSITIES` and `REGISTERS`."""
USUAL_DENSITY, USUAL_REGISTER = 5.0, 65.0
"""Where an arc has its middle if nothing else is asked for: medians of the Weimar Jazz Database's windows."""


@dataclass(frozen=True, slots=True)
class Controls:
    """What is asked of a solo. What is None is left to the model.

    Parameters
    ----------
    temperature, top_p, top_k, min_p, guidance, recall
        As `Sampling` has them.
    harmony : float
        How much the pitches lean on the chart beyond what the model does, 0 to 5; see `solomuse.generation.rules`.
    density : float
        Notes in a time of four quarters; the nearest of `DENSITIES` is asked for.
    register : float
        Mean pitch; the nearest of `REGISTERS` is asked for.
    instrument : str or Instrument
        One, or a name that `find_instrument` knows: its range holds, and the model plays like it.
    low, high : int
        Pitches that the solo keeps between, both included; within the instrument's range.
    phrase : float
        Length of phrases in quarters, above 0.
    rests : float
        Share of the time that is silent, 0 to 0.9.
    style, feel, player : str
        What the model has learned of: see `Model.choices`.
    place : {"whole", "opening", "inside", "ending"}
        Which part of a solo is played: it begins and ends as a solo does, or comes from before, or goes on. Unless
        given, a chart of `FEWEST_BARS` or more is a whole solo, a shorter one comes from the inside of one.
    arc : float
        How much a solo grows from start to end in density and register, -1 (it calms down) to 1.
    voices : int
        How many sound together, 1 to 4: the solo on top of as many as a section would have.

    Raises
    ------
    ConfigError
        If a value is out of its range, or two of them clash.
    """

    temperature: float = 1.0
    top_p: float = 0.99
    top_k: int = 0
    min_p: float = 0.0
    guidance: float = 1.0
    recall: float = 1.0
    harmony: float = 0.0
    density: float | None = None
    register: float | None = None
    instrument: str | Instrument | None = None
    low: int | None = None
    high: int | None = None
    phrase: float | None = None
    rests: float | None = None
    style: str | None = None
    feel: str | None = None
    player: str | None = None
    place: str | None = None
    arc: float = 0.0
    voices: int = 1

    def __post_init__(self) -> None:
        assert self.sampling  # which refuses what is out of range
        _check(0 <= self.harmony <= 5, f"harmony is {self.harmony}: expected 0 (none) to 5")
        asked = (("density", self.density, KNOWN_DENSITY), ("register", self.register, KNOWN_REGISTER))
        for name, value, (least, most) in asked:
            _check(value is None or least <= value <= most, f"{name} is {value}: models know {least:g} to {most:g}")
        _check(
            self.phrase is None or 0 < self.phrase <= 256,
            f"phrase is {self.phrase}: expected up to 256 quarters, above 0",
        )
        _check(self.rests is None or 0 <= self.rests <= 0.9, f"rests is {self.rests}: expected a share of 0 to 0.9")
        places = ", ".join(PLACES)
        _check(self.place is None or self.place in PLACES, f"place is {self.place!r}: expected one of {places}")
        _check(-1 <= self.arc <= 1, f"arc is {self.arc}: expected -1 (it calms down) to 1 (it builds up)")
        _check(1 <= self.voices <= 4, f"voices is {self.voices}: expected 1 to 4")
        self._check_pitches()

    def _check_pitches(self) -> None:
        """See that instrument, range and register go together."""
        low, high = self.range
        _check(low >= 0 and high <= 127, f"range {low} to {high}: expected pitches of 0 to 127")
        _check(high - low >= OCTAVE, f"range {low} to {high}: expected at least an octave, {OCTAVE} semitones")
        _check(
            self.register is None or low <= self.register <= high,
            f"register {self.register} lies outside of the range, {low} to {high}: change one of the two",
        )
        if (player := self.solo_instrument) is not None:
            for side, pitch in (("low", self.low), ("high", self.high)):
                is_played = pitch is None or player.low <= pitch <= player.high
                _check(is_played, f"{side} is {pitch}: the range of {player.name} is {player.low} to {player.high}")

    @property
    def sampling(self) -> Sampling:
        """How tokens are chosen."""
        return Sampling(self.temperature, self.top_p, self.top_k, self.min_p, self.guidance, self.recall)

    @property
    def solo_instrument(self) -> Instrument | None:
        """The instrument that is asked for."""
        return find_instrument(self.instrument) if isinstance(self.instrument, str) else self.instrument

    @property
    def range(self) -> tuple[int, int]:
        """Lowest and highest pitch."""
        player = self.solo_instrument
        low, high = (0, 127) if player is None else (player.low, player.high)
        return max(low, low if self.low is None else self.low), min(high, high if self.high is None else self.high)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What leans on the model's choices."""
        rules: list[Rule] = [Range(*self.range)] if self.range != (0, 127) else []
        rules += [Harmony(self.harmony)] if self.harmony else []
        rules += [Phrases(self.phrase)] if self.phrase is not None else []
        rules += [Rests(self.rests)] if self.rests is not None else []
        return tuple(rules)

    def octaves(self, model: Model) -> int:
        """By how many semitones, whole octaves, an instrument is played higher than it sounds.

        So a model plays a flute or a tuba, of which it has learned nothing, where it has learned to play: about the
        middle of the instrument that it knows instead, or `USUAL_REGISTER`.
        """
        player = self.solo_instrument
        if player is None:
            return 0
        name = solo_instrument(player.program)
        known = find_instrument(name) if name in model.choices("instrument") else None
        usual = USUAL_REGISTER if known is None else known.middle
        return OCTAVE * round((usual - sum(self.range) / 2) / OCTAVE)

    def moved(self, semitones: int) -> Controls:
        """The same for a line that is played so much higher."""
        player, (low, high) = self.solo_instrument, self.range
        moved = player and replace(player, low=player.low + semitones, high=player.high + semitones)
        register = self.register
        if register is not None:
            register = min(max(register + semitones, KNOWN_REGISTER[0]), KNOWN_REGISTER[1])
        return replace(self, instrument=moved, low=low + semitones, high=high + semitones, register=register)

    def conditions(self, model: Model, bars: int) -> dict[str, int]:
        """The conditions that hold throughout a solo of so many bars, by name; indices of their values.

        Raises
        ------
        ConfigError
            If the model has not learned of one that is asked for.
        """
        asked = {"style": self.style, "feel": self.feel, "player": self.player}
        said = {name: _index(name, value, model) for name, value in asked.items() if value is not None}
        said["place"] = PLACES.index(self.place or ("whole" if bars >= FEWEST_BARS else "inside"))
        if self.solo_instrument is not None:
            name = solo_instrument(self.solo_instrument.program)
            choices = model.choices("instrument")
            said["instrument"] = model.value_index("instrument", name) if name in choices else UNSAID
        for name, value in (("density", self.density), ("register", self.register), ("arc", self.arc or None)):
            if value is not None and not model.is_described:
                raise ConfigError(f"this model has not learned of density and register: leave out --{name}")
        return said

    def conditions_at(self, length: int) -> Callable[[int], dict[str, int]]:
        """Density and register as they change over a solo of `length` steps."""

        def at(step: int) -> dict[str, int]:
            place = 2 * min(step / length, 1.0) - 1  # -1 at the start, 1 at the end
            density, register = self.density, self.register
            if self.arc:
                density = (density or USUAL_DENSITY) * (1 + ARC_DENSITY * self.arc * place)
                register = (register or USUAL_REGISTER) + ARC_SEMITONES * self.arc * place
            return {
                **({} if density is None else {"density": DENSITIES.index(nearest(density, DENSITIES))}),
                **({} if register is None else {"register": REGISTERS.index(nearest(register, REGISTERS))}),
            }

        return at


def _index(name: str, value: str, model: Model) -> int:
    """The index of a value that is asked for."""
    choices = model.choices(name)
    if not choices:
        raise ConfigError(f"this model has not learned of any {name}: leave out --{name}")
    known = {choice.lower(): choice for choice in choices}
    if value.lower() in known:
        return model.value_index(name, known[value.lower()])
    near = [choice for text, choice in known.items() if value.lower() in text]
    near = near or [known[text] for text in get_close_matches(value.lower(), known, 3)]
    if len(near) == 1 and value.lower() in near[0].lower():
        return model.value_index(name, near[0])
    raise ConfigError(f"{name} {value!r} is not one that this model has learned; it knows {_listed(near or choices)}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)
