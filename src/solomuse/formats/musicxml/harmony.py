"""The ``<harmony>`` element: chords by kind and degrees."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from solomuse.errors import ChordError
from solomuse.formats.musicxml.document import decimal
from solomuse.music.chord import NO_CHORD, QUALITY_DEGREES, UNKNOWN_CHORD, Chord, Names
from solomuse.music.pitch import PITCH_CLASS_BY_LETTER
from solomuse.music.symbols import parse_chord

_PARTS_BY_KIND: dict[str, tuple[str, tuple[str, ...]]] = {
    "major": ("maj", ()),
    "minor": ("min", ()),
    "augmented": ("aug", ()),
    "diminished": ("dim", ()),
    "dominant": ("7", ()),
    "major-seventh": ("maj7", ()),
    "minor-seventh": ("min7", ()),
    "diminished-seventh": ("dim7", ()),
    "augmented-seventh": ("aug", ("b7",)),
    "half-diminished": ("hdim7", ()),
    "major-minor": ("minmaj7", ()),
    "major-sixth": ("maj6", ()),
    "minor-sixth": ("min6", ()),
    "dominant-ninth": ("7", ("9",)),
    "major-ninth": ("maj7", ("9",)),
    "minor-ninth": ("min7", ("9",)),
    "dominant-11th": ("7", ("9", "11")),
    "major-11th": ("maj7", ("9", "11")),
    "minor-11th": ("min7", ("9", "11")),
    "dominant-13th": ("7", ("9", "13")),
    "major-13th": ("maj7", ("9", "13")),
    "minor-13th": ("min7", ("9", "13")),
    "suspended-second": ("sus2", ()),
    "suspended-fourth": ("sus4", ()),
    "power": ("5", ()),
    "pedal": ("1", ()),
    "Neapolitan": ("maj", ()),
    "Italian": ("7", ()),
    "German": ("7", ()),
    "French": ("7", ("b5",)),
    "Tristan": ("hdim7", ()),
    # not of the standard, but found in files
    "augmented-ninth": ("aug", ("b7", "9")),
    "minor-major": ("minmaj7", ()),
    "maj69": ("maj6", ("9",)),
}
"""Quality and extensions of each kind of MusicXML 4.0 (``kind-value``)."""

_KIND_BY_PARTS = {
    parts: kind
    for kind, parts in reversed(_PARTS_BY_KIND.items())
    if kind not in ("Neapolitan", "Italian", "German", "French", "Tristan", "augmented-ninth", "minor-major", "maj69")
}
_ACCIDENTALS = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}


def chord_of_harmony(harmony: Element) -> Chord:
    """The chord of a ``<harmony>`` element; of several chords in it the first.

    Raises
    ------
    ChordError
        If its kind is unknown and its text is no chord symbol either, or a part of it is missing or no number.
    """
    kind_element = harmony.find("kind")
    kind = (kind_element.text or "").strip() if kind_element is not None else ""
    text = (kind_element.get("text") or "").strip() if kind_element is not None else ""
    if kind == "none" or text in ("N.C.", "NC"):
        return NO_CHORD
    root, root_name = _pitch_class(harmony.find("root"), "root")
    if root is None:
        function = harmony.findtext("function") or harmony.findtext("numeral/numeral-root") or kind
        raise ChordError(function, 0, "a <harmony> without a <root>: chords by function are not read")
    if kind == "other" and text == "?":
        return UNKNOWN_CHORD
    bass, bass_name = _pitch_class(harmony.find("bass"), "bass")
    names = (root_name, bass_name)
    if kind in _PARTS_BY_KIND:
        quality, extensions = _PARTS_BY_KIND[kind]
        return _with_degrees(root, quality, list(extensions), harmony.findall("degree"), bass, names)
    base = parse_chord("C" + (text if kind in ("", "other") else kind))  # some programs write the symbol itself
    degrees = harmony.findall("degree")
    return _with_degrees(root, base.quality, list(base.extensions), degrees, bass, names, base.omissions)


def _pitch_class(element: Element | None, name: str) -> tuple[int | None, str | None]:
    """The pitch class of an element, and its name where that has one accidental at most."""
    if element is None:
        return None, None
    step = (element.findtext(f"{name}-step") or "").strip()
    if step not in PITCH_CLASS_BY_LETTER:
        raise ChordError(step, 0, f"<{name}-step> is no note name A to G")
    alter = _number(element, f"{name}-alter")
    return (PITCH_CLASS_BY_LETTER[step] + alter) % 12, step + _ACCIDENTALS[alter] if abs(alter) <= 1 else None


def _number(element: Element, name: str) -> int:
    """The whole number in an element below, 0 where there is none."""
    text = element.findtext(name) or "0"
    try:
        return round(decimal(text))
    except ValueError:
        raise ChordError(text[:20], 0, f"<{name}> is no number") from None


def _with_degrees(
    root: int,
    quality: str,
    extensions: list[str],
    degrees: list[Element],
    bass: int | None,
    names: Names,
    omissions: tuple[str, ...] = (),
) -> Chord:
    omitted = list(omissions)
    for element in degrees:
        number, alter = _number(element, "degree-value"), _number(element, "degree-alter")
        verb = (element.findtext("degree-type") or "add").strip()
        own = [d for d in (*QUALITY_DEGREES[quality], *extensions) if _step(d) == number]
        if verb == "subtract":
            of_quality = [degree for degree in own if degree in QUALITY_DEGREES[quality]]
            omitted += of_quality
            extensions = extensions if of_quality else [degree for degree in extensions if degree not in own]
            continue
        if verb == "alter" and own:
            extensions = [degree for degree in extensions if degree not in own]
            omitted += [degree for degree in own if degree in QUALITY_DEGREES[quality]]
            alter += _shift(own[0])
        elif number == 7:
            alter -= 1  # a degree on top counts from the dominant chord's: its seventh is minor
        extensions.append(f"{_ACCIDENTALS.get(alter, '')}{number}")
    try:
        return Chord(root, quality, tuple(extensions), tuple(omitted), bass, names)
    except (KeyError, ValueError):
        marks = ",".join(extensions)
        raise ChordError(f"{quality}({marks})", 0, "a <degree> of the <harmony> is none of 1 to 13") from None


def _step(degree: str) -> int:
    return int(degree.lstrip("b#"))


def _shift(degree: str) -> int:
    return degree.count("#") - degree.count("b")


def harmony_of_chord(chord: Chord, key: str | None) -> Element:
    """The ``<harmony>`` element of a chord; its kind carries the symbol as text."""
    harmony = Element("harmony")
    if chord.root is None or chord.bass is None:
        root = SubElement(SubElement(harmony, "root"), "root-step", text="")  # there must be one, but none is shown
        root.text = "C"
        is_none = chord == NO_CHORD
        kind = SubElement(harmony, "kind", text="N.C." if is_none else "?")
        kind.text = "none" if is_none else "other"
        return harmony
    _add_pitch(harmony, "root", chord.root_name(key))
    held = [
        (len(parts[1]), kind, parts)
        for parts, kind in _KIND_BY_PARTS.items()
        if parts[0] == chord.quality and set(parts[1]) <= set(chord.extensions)
    ]
    _, name, (_, extensions) = max(held)
    altered_fifths = [degree for degree in chord.extensions if degree in ("b5", "#5") and "5" in chord.omissions]
    added = [degree for degree in chord.extensions if degree not in extensions]
    omitted = [degree for degree in chord.omissions if not (degree == "5" and altered_fifths)]
    text, shown = _shown(chord.quality_symbol(), [*added, *omitted])
    kind = SubElement(harmony, "kind", text=text)
    kind.text = name
    if chord.bass != chord.root:
        _add_pitch(harmony, "bass", chord.bass_name(key))
    for degree in added:
        verb = "alter" if degree in altered_fifths[:1] else "add"
        _add_degree(harmony, degree, verb, is_shown=degree in shown)
    for degree in omitted:
        _add_degree(harmony, degree, "subtract", is_shown=degree in shown)
    return harmony


def _shown(symbol: str, degrees: list[str]) -> tuple[str, list[str]]:
    """The text of a kind, and the degrees that programs are to show behind it: those that stand in brackets.

    Examples
    --------
    >>> _shown("7(b9,#11)", ["b9", "#11"]), _shown("7sus4", ["b7"]), _shown("7(#5)", [])
    (('7', ['b9', '#11']), ('7sus4', []), ('7(#5)', []))
    """
    text, _, marks = symbol.rstrip(")").partition("(")
    names = [mark.removeprefix("add").removeprefix("no") for mark in marks.split(",") if mark]
    bracketed = [{"b6": "b13"}.get(name, name) for name in names]
    inside = [degree for degree in degrees if degree in bracketed or degree.lstrip("b") in bracketed]
    return (text, inside) if len(inside) == len(bracketed) else (symbol, [])


def _add_pitch(harmony: Element, name: str, note: str) -> None:
    element = SubElement(harmony, name)
    SubElement(element, f"{name}-step").text = note[0]
    if note[1:]:
        SubElement(element, f"{name}-alter").text = str(_shift(note))


def _add_degree(harmony: Element, degree: str, verb: str, *, is_shown: bool) -> None:
    element = SubElement(harmony, "degree") if is_shown else SubElement(harmony, "degree", {"print-object": "no"})
    alter = _shift(degree) + (1 if _step(degree) == 7 and verb == "add" else 0)
    SubElement(element, "degree-value").text = str(_step(degree))
    SubElement(element, "degree-alter").text = str(0 if verb == "subtract" else alter)
    SubElement(element, "degree-type").text = verb
