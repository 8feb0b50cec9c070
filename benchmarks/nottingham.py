"""How the ABC reader agrees with the MIDI that comes with the Nottingham Music Database.

    python benchmarks/nottingham.py NOTTINGHAM_FOLDER [--list]

Every tune of ``ABC_cleaned`` is read; the melody with its repeats played out is compared with the MIDI's first track
note for note (pitch, onset and duration in quarters, to 1/96; of notes at once the highest), its chords with the
second track (onset and pitch classes of each change). The MIDI's bar of rest in front of a pickup is taken off.

The MIDI departs from the ABC standard in a few ways. Where a melody differs, the tune is read once more with each set
of them until one makes it equal, so that what is left is what nothing explains.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

from symusic import Score

from solomuse.errors import SoloMuseError
from solomuse.formats.abc import read_abc_tunes, split_tunes
from solomuse.music.leadsheet import LeadSheet

Melody = list[tuple[int, int, int]]
Changes = list[tuple[int, tuple[int, ...]]]
STEP = 96
"""Steps of a quarter to which times are rounded."""


def of_sheet(sheet: LeadSheet) -> tuple[Melody, Changes]:
    melody = [(round(n.time * STEP / 480), n.pitch, round(n.duration * STEP / 480)) for n in sheet.melody]
    spans = [span for span in sheet.chart.spans() if span.chord.root is not None]
    return melody, merged([(round(span.time * STEP / 480), span.chord.pitch_classes) for span in spans])


def merged(changes: Changes) -> Changes:
    """The changes without those that change nothing."""
    return [change for index, change in enumerate(changes) if index == 0 or changes[index - 1][1] != change[1]]


def of_midi(path: Path) -> tuple[Melody, Changes] | None:
    score = Score(path)
    if len(score.tracks) < 2:
        return None
    scale = STEP / score.ticks_per_quarter
    top: dict[int, tuple[int, int]] = {}
    for note in score.tracks[0].notes:
        time, heard = round(note.time * scale), (note.pitch, round(note.duration * scale))
        top[time] = max(heard, top.get(time, heard))
    melody = [(time, *heard) for time, heard in sorted(top.items())]
    by_time: dict[int, set[int]] = {}
    for note in score.tracks[1].notes:
        by_time.setdefault(round(note.time * scale), set()).add(note.pitch % 12)
    return melody, merged([(time, tuple(sorted(classes))) for time, classes in sorted(by_time.items())])


def close(one: Melody, two: Melody) -> bool:
    """Whether two melodies have the same notes, times within one step."""
    pairs = zip(one, two, strict=False)
    return len(one) == len(two) and all(
        a[1] == b[1] and abs(a[0] - b[0]) <= 1 and abs(a[2] - b[2]) <= 1 for a, b in pairs
    )


def _music(tune: str, change: Callable[[str], str]) -> str:
    """The tune with its music changed, its fields and chord symbols as they are."""
    pieces = re.split(r'(^(?:%|[A-Za-z]:(?![|:])).*$|"[^"]*")', tune, flags=re.MULTILINE)
    return "".join(change(piece) if index % 2 == 0 else piece for index, piece in enumerate(pieces))


def accidentals_for_one_note(tune: str) -> str:
    return tune.replace("\n", "\n%%propagate-accidentals not\n", 1)


def ties_struck_again(tune: str) -> str:
    return _music(tune, lambda music: re.sub(r"-(?!\d)", "", music))


def first_part_only(tune: str) -> str:
    head, key, body = tune.partition("\nK:")
    parts = re.split(r"(?m)^P:.*\n", body)
    return re.sub(r"(?m)^[PY]:.*\n", "", head + "\n")[:-1] + key + "".join(parts[:2])


def repeats_nest(tune: str) -> str:
    """A ``:|`` without a ``|:`` of its own plays everything from the one before again, repeats too."""
    head, key, body = tune.partition("\nK:")
    first, _, music = body.partition("\n")
    if re.search(r"[|\[]\s*[12]", music) or re.search(r"(?m)^P:", music):
        return tune
    *sections, rest = music.replace("::", ":|:").replace(":|:", ":||:").split(":|")
    done = played = ""
    for section in sections:
        before, start, own = section.rpartition("|:")
        if start:
            done, played = f"{done}{played}{before}|", ""
        played += f"{own}||"
        played += f"\n{played}\n"
    return f"{head}{key}{first}\n{done}{played}{rest}"


STANDARD = "the standard"
DEPARTURES = (accidentals_for_one_note, ties_struck_again, first_part_only, repeats_nest)


def readings(tune: str) -> Iterator[tuple[str, LeadSheet]]:
    """The tune as the standard has it, then with one, two and more departures from it."""
    for size in range(len(DEPARTURES) + 1):
        for departures in combinations(DEPARTURES, size):
            changed = tune
            for depart in departures:
                changed = depart(changed)
            ((_, result),) = read_abc_tunes(changed)
            if not isinstance(result, SoloMuseError):
                yield " + ".join(depart.__name__ for depart in departures) or STANDARD, result


def explanation(tune: str, expected: tuple[Melody, Changes]) -> tuple[str | None, bool]:
    """The first reading whose melody equals the MIDI's, and whether its chords do too."""
    for rule, sheet in readings(tune):
        melody, chords = of_sheet(sheet)
        lead_in = expected[0][0][0] - melody[0][0]
        if close(melody, [(time - lead_in, pitch, length) for time, pitch, length in expected[0]]):
            return rule, chords == [(time - lead_in, classes) for time, classes in expected[1]]
    return None, False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", action="store_true", help="name each tune that differs, with its first difference")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    for book in sorted((arguments.folder / "ABC_cleaned").glob("*.abc")):
        text = book.read_text("utf-8", errors="replace")
        for tune, (title, result) in zip(split_tunes(text), read_abc_tunes(text), strict=True):
            number = re.match(r"X:\s*(\d+)", tune)
            name = f"{book.stem}{number.group(1) if number else ''}"
            counts["tunes"] += 1
            if isinstance(result, SoloMuseError):
                counts[f"refused: {result.reason}"] += 1
                print(f"{name} {title}: {str(result).splitlines()[0]}")
                continue
            midi = arguments.folder / "MIDI" / f"{name}.mid"
            expected = of_midi(midi) if midi.is_file() else None
            if expected is None:
                counts["without MIDI of two tracks"] += 1
                continue
            counts["compared"] += 1
            rule, same_chords = explanation(tune, expected)
            counts[f"melody equal, {rule}" if rule else "melody differs"] += 1
            if rule:
                counts["chords equal too" if same_chords else "chords differ"] += 1
                counts["both equal, the standard"] += same_chords and rule == STANDARD
            if arguments.list and not (rule and same_chords):
                print(f"{name} {title}: {'chords' if rule else 'melody'}")
    for key, count in counts.most_common():
        print(f"{key}: {count}")


if __name__ == "__main__":
    main()
