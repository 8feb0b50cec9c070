"""From the example songs to solos: prepare, train a tiny model, generate; the bundled soloist over the same charts."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import solomuse
from solomuse.config import load_config
from solomuse.datasets.build import prepare
from solomuse.generation import generate
from solomuse.training import train

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "demo"
CHARTS = {
    "four-chords": "C:maj F:maj G:maj C:maj",
    "blues": "C7 | F7 | C7 | % | F7 | % | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7",
}
EPOCHS = 40


def main() -> None:
    began = time.perf_counter()
    shutil.rmtree(OUT, ignore_errors=True)
    config = load_config("tiny").with_values({"epochs": EPOCHS})
    report = prepare([ROOT / "01.data" / "Remote"], OUT / "dataset", config.data)
    trained = train(OUT / "dataset", OUT / "run", config)
    files = []
    for who, path in (("", trained.model), ("bundled-", None)):
        model = solomuse.load_model(path)
        for name, chart in CHARTS.items():
            solo = generate(model, chart, seed=1, temperature=0.9)[0]
            for ending in (".mid", ".png"):
                solo.write(OUT / f"{who}{name}{ending}")
                files.append(OUT / f"{who}{name}{ending}")
    skipped = ", ".join(f"{entry['count']} {reason}" for reason, entry in report["skipped"].items()) or "none"
    print(f"\nsongs used: {report['songs']} of {report['files']}; skipped: {skipped}")
    print(f"validation loss: {trained.loss_before:.3f} before, {trained.loss_after:.3f} after")
    print(f"bits per note: {trained.before:.2f} before, {trained.after:.2f} after")
    print(f"model: {trained.model.relative_to(ROOT)}")
    print("solos: " + ", ".join(str(path.relative_to(ROOT)) for path in files))
    print(f"took {time.perf_counter() - began:.0f} seconds")


if __name__ == "__main__":
    main()
