"""A backing as plain as can be: one block chord a chord and bar, over its root and fifth."""

from solomuse.music.chart import Chart
from solomuse.music.note import Note
from solomuse.music.pitch import semitones_of_degree
from solomuse.music.song import Track


def plain_backing(chart: Chart) -> tuple[Track, ...]:
    bass, chords = [], []
    for start, bar in zip(chart.bar_times, chart.bars, strict=False):
        for span in bar.chords:
            if span.chord.root is None or span.chord.bass is None:
                continue
            half, low = span.duration // 2, 36 + span.chord.bass
            bass += [Note(start + span.time, low, half), Note(start + span.time + half, low + 7, half)]
            tones = sorted({60 + (span.chord.root + semitones_of_degree(d)) % 12 for d in span.chord.degrees})
            chords += [Note(start + span.time, pitch, span.duration) for pitch in tones]
    return Track(bass, "Bass", 32), Track(chords, "Chords", 0)
