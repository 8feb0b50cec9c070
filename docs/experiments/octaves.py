"""Where instruments are played, with and without octaves of their own: a table in Markdown.

python docs/experiments/octaves.py [--model MODEL] [--takes 6]
"""

from __future__ import annotations

import argparse
from unittest.mock import patch

import numpy as np

from solomuse.generation import Controls, generate
from solomuse.model.folder import Model, load_model
from solomuse.music.instruments import find_instrument

BLUES = "F7 | Bb7 | F7 | Cm7 F7 | Bb7 | Bdim7 | F7 | Am7b5 D7 | Gm7 | C7 | F7 D7 | Gm7 C7"
PLAYERS = ("tuba", "double-bass", "bass-trombone", "bass-clarinet", "cello", "flute", "violin", "mandolin", "piccolo")
EDGE = 2
"""Semitones from the end of a range."""


def cells(model: Model, name: str, takes: int) -> str:
    player = find_instrument(name)
    solos = generate(model, BLUES, takes=takes, seed=1, controls=Controls(instrument=name))
    pitches = np.array([note.pitch for solo in solos for note in solo.line.melody])
    places = " ".join(f"{value:.0f}" for value in np.percentile(pitches, (5, 50, 95)))
    at_edge = np.minimum(pitches - player.low, player.high - pitches) <= EDGE
    return f"{places} | {at_edge.mean():.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=None)
    parser.add_argument("--takes", type=int, default=6)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    print("| instrument | range | as they are | at an edge | in octaves of their own | at an edge |")
    print(f"|{'---|' * 6}")
    for name in PLAYERS:
        player = find_instrument(name)
        with patch.object(Controls, "octaves", lambda *_: 0):
            plain = cells(model, name, arguments.takes)
        moved = cells(model, name, arguments.takes)
        print(f"| {name} | {player.low} to {player.high} | {plain} | {moved} |", flush=True)


if __name__ == "__main__":
    main()
