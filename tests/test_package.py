"""What an installed package holds."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import solomuse

ROOT = Path(__file__).parents[1]


def test_the_names_that_are_loaded_when_used_are_listed_for_those_who_look() -> None:
    assert set(solomuse.__all__) <= set(dir(solomuse))


def test_every_file_that_the_package_needs_is_in_its_wheel() -> None:
    package = Path(str(files("solomuse")))
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    packed = {path for pattern in patterns["solomuse"] for path in package.glob(pattern)}
    held = {path for path in package.rglob("*.*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert held - packed == set()
    assert package / "soloist" / "model.safetensors" in packed
