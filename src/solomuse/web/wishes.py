"""What the page asks for, from JSON to values.

A wish is an object. Of its parts each may be missing::

    chart         text of a chart
    choruses      how many times the form is played through
    takes, seed   numbers
    controls      the fields of `solomuse.generation.controls.Controls`
    performance   those of `solomuse.render.performance.Performance`
    part          the instrument whose part the notation is
    count_in      bars of clicks before the music
    edit          {line: the id of a solo or of a line, and one of keep (numbers of bars from 1), trade, vary, lock, and
                  motif (true)}
"""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from solomuse.errors import ConfigError
from solomuse.generation import Controls, Edit
from solomuse.music.instruments import find_instrument
from solomuse.music.leadsheet import LeadSheet
from solomuse.render.files import Rendering
from solomuse.render.performance import Performance

Made = TypeVar("Made")

ACCEPTED: dict[type, tuple[type, ...]] = {float: (int, float), int: (int,), str: (str,), bool: (bool,)}
"""What JSON may have for a field of each type."""


def number_of(wish: Mapping[str, Any], name: str, usual: int) -> int:
    """A whole number of a wish.

    Raises
    ------
    ConfigError
        If it is something else.
    """
    value = wish.get(name)
    if value is None:
        return usual
    if not _is(value, int):
        raise ConfigError(f"{name} is {value!r}: expected a whole number")
    return int(value)


def text_of(wish: Mapping[str, Any], name: str) -> str | None:
    """A text of a wish, None where there is none.

    Raises
    ------
    ConfigError
        If it is something else.
    """
    value = wish.get(name)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{name} is {value!r}: expected a text")
    return value or None


def controls_of(wish: Mapping[str, Any]) -> Controls:
    """What is asked of a solo; without an instrument it is that of the part.

    Raises
    ------
    ConfigError
        If a field is unknown, of another type, or out of its range.
    """
    part, given = text_of(wish, "part"), _object(wish, "controls")
    return _made(Controls, given if given.get("instrument") or part is None else {**given, "instrument": part})


def rendering_of(wish: Mapping[str, Any], *, stems: bool = False) -> Rendering:
    """How a solo is written and performed.

    Raises
    ------
    ConfigError
        As `controls_of` does.
    """
    part = text_of(wish, "part")
    performance = _made(Performance, _object(wish, "performance"))
    return Rendering(
        performance,
        part=None if part is None else find_instrument(part),
        stems=stems,
        count_in=number_of(wish, "count_in", 0),
    )


def edit_of(given: Mapping[str, Any], line: LeadSheet) -> Edit:
    """What is done to a line.

    Raises
    ------
    ConfigError
        As `controls_of` does.
    """
    ways = {name: value for name, value in given.items() if name != "line"}
    if (kept := ways.pop("keep", None)) is not None:
        if not (isinstance(kept, list) and all(_is(bar, int) for bar in kept)):
            raise ConfigError(f"keep is {kept!r}: expected numbers of bars")
        ways["keep"] = frozenset(bar - 1 for bar in kept)
    if ways.pop("motif", None):
        ways["is_motif"] = True
    return _made(Edit, {"line": line, **ways}, given=("line", "keep"))


def _object(wish: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = wish.get(name)
    if not isinstance(value, dict | None):
        raise ConfigError(f"{name} is {value!r}: expected an object")
    return value or {}


def _made(kind: type[Made], values: Mapping[str, Any], given: tuple[str, ...] = ()) -> Made:
    """A value of a dataclass, from the fields that JSON has; null is one that is not there.

    Parameters
    ----------
    given : tuple of str
        Fields that do not come from JSON as they are.
    """
    hints = get_type_hints(kind)
    for name, value in values.items():
        if name not in hints:
            raise ConfigError(f"there is no {name!r}; expected some of {', '.join(hints)}")
        if name not in given and value is not None and not any(_is(value, part) for part in _types(hints[name])):
            expected = " or ".join(part.__name__ for part in _types(hints[name]))
            raise ConfigError(f"{name} is {value!r}: expected {expected}")
    return kind(**{name: value for name, value in values.items() if value is not None})


def _types(hint: Any) -> list[type]:
    """Those of a field that JSON can have."""
    parts = get_args(hint) if isinstance(hint, UnionType) or get_origin(hint) not in (None, Literal) else (hint,)
    return [found for part in parts if (found := str if get_origin(part) is Literal else part) in ACCEPTED]


def _is(value: object, kind: type) -> bool:
    """Whether JSON has a value of a type; true and false are no numbers."""
    return isinstance(value, ACCEPTED[kind]) and (kind is bool or not isinstance(value, bool))
