"""The chords that other programs find in MIDI files, for ``fit_chords.py``; needs none of SoloMuse.

    python chord_peers.py note_seq|chorder FOLDER > chords.json

Each file holds an accompaniment in 4/4 or another meter with quarters on the beats, at 120 quarters a minute. Printed
is, by file name, a list of start and end in quarters, root (0 to 11, -1 for none), quality as Harte has it, and bass;
and the seconds that it took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

HARTE_BY_CHORDER = {"M": "maj", "m": "min", "o": "dim", "+": "aug", "M7": "maj7", "m7": "min7", "o7": "dim7"}
HARTE_BY_CHORDER |= {"/o7": "hdim7", "7": "7", "sus2": "sus2", "sus4": "sus4"}
HARTE_BY_NOTE_SEQ = {"": "maj", "m": "min", "+": "aug", "dim": "dim", "7": "7", "maj7": "maj7", "m7": "min7"}
HARTE_BY_NOTE_SEQ |= {"m7b5": "hdim7"}

Chord = tuple[float, float, int, str, int]


def by_chorder(path: Path) -> list[Chord]:
    """One chord a beat (chorder 0.1, Dechorder)."""
    from chorder import Dechorder
    from miditoolkit import MidiFile

    chords = []
    for beat, chord in enumerate(Dechorder.dechord(MidiFile(str(path)))):
        if chord.is_complete():
            bass = chord.root_pc if chord.bass_pc is None else chord.bass_pc
            chords.append((beat, beat + 1, chord.root_pc, HARTE_BY_CHORDER[chord.quality], bass))
        else:
            chords.append((beat, beat + 1, -1, "N", -1))
    return chords


def by_note_seq(path: Path) -> list[Chord]:
    """Viterbi inference of Magenta's note_seq 0.0.5, one chord a beat at most."""
    import note_seq
    from note_seq import chord_inference, chord_symbols_lib, sequences_lib

    sequence = note_seq.midi_file_to_note_sequence(str(path))
    quantised = sequences_lib.quantize_note_sequence(sequence, 4)
    chord_inference.infer_chords_for_sequence(quantised, chords_per_bar=4)
    kind = note_seq.NoteSequence.TextAnnotation.CHORD_SYMBOL
    found = [(event.time, event.text) for event in quantised.text_annotations if event.annotation_type == kind]
    ends = [*(begin for begin, _ in found[1:]), sequence.total_time]
    chords = []
    for (begin, text), end in zip(found, ends, strict=True):
        if text == "N.C.":
            chords.append((2 * begin, 2 * end, -1, "N", -1))
            continue
        root = chord_symbols_lib.chord_symbol_root(text)
        name = text[1:].lstrip("#b").split("/")[0]
        chords.append((2 * begin, 2 * end, root, HARTE_BY_NOTE_SEQ[name], chord_symbols_lib.chord_symbol_bass(text)))
    return chords


def main() -> None:
    find = {"chorder": by_chorder, "note_seq": by_note_seq}[sys.argv[1]]
    result, began = {}, time.perf_counter()
    failed = []
    for path in sorted(Path(sys.argv[2]).glob("*.mid")):
        try:
            result[path.stem] = find(path)
        except Exception as error:  # whatever the other program stumbles over counts as no chords
            failed.append(f"{path.stem}: {type(error).__name__}: {error}")
            result[path.stem] = []
    print(json.dumps({"chords": result, "seconds": time.perf_counter() - began, "failed": failed}))


if __name__ == "__main__":
    main()
