"""For musicians: one chart, four soloists, the best of eight takes each, as MIDI and notation.

python examples/play.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import solomuse as sm
from solomuse.generation.ranking import rank
from solomuse.model.melodies import load_melodies
from solomuse.music.instruments import find_instrument
from solomuse.render.files import Rendering
from solomuse.render.performance import Performance

CHART = """title: Four at the door
key: Eb
tempo: 176
Fm7 | Bb7 | Ebmaj7 | Cm7 | Fm7 | Bb7 | Ebmaj7 | % | Bbm7 | Eb7 | Abmaj7 | Abm7 Db7 | Ebmaj7 C7 | Fm7 Bb7 | Ebmaj7 | %"""
SOLOISTS = {
    "tenor": sm.Controls(instrument="tenor-sax", style="hardbop"),
    "trumpet": sm.Controls(instrument="trumpet", density=5, rests=0.4),
    "trombone": sm.Controls(instrument="trombone", phrase=6),
    "vibes": sm.Controls(instrument="vibraphone", density=8, arc=0.6),
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = sm.load_model()
    melodies = load_melodies(model.path)
    for seed, (name, controls) in enumerate(SOLOISTS.items(), start=1):
        takes = sm.generate(model, CHART, takes=8, seed=seed, controls=controls)
        best = rank(takes, melodies).best[0]
        player = find_instrument(controls.instrument or "tenor-sax")
        rendering = Rendering(Performance(seed=seed), part=player)
        for ending in (".mid", ".musicxml"):
            best.solo.write(folder / f"{name}{ending}", rendering)
        print(f"{name}: take {best.solo.take} of 8, {len(best.solo.sheet.melody)} notes, score {best.score:.1f}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "solos"))
