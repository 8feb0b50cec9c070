from __future__ import annotations

import sys
from pathlib import Path

import pytest

from solomuse.config import load_config
from solomuse.datasets import build
from solomuse.errors import ConfigError
from tests.conftest import REMOTE

CONFIG = load_config("tiny").data


def contents(dataset: Path) -> dict[str, bytes]:
    return {str(path.relative_to(dataset)): path.read_bytes() for path in dataset.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray\..*")  # it warns of its own defaults
def test_ray_makes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    monkeypatch.setattr(build, "FILES_PER_SHARD", 3)
    done: list[object] = []
    (tmp_path / "broken.mid").write_bytes(b"MThd nonsense")
    sources = [*sorted(REMOTE.glob("*.mid"))[:4], tmp_path / "broken.mid"]
    build.prepare(sources, tmp_path / "here", CONFIG, jobs=1)
    build.prepare(
        sources,
        tmp_path / "ray",
        CONFIG,
        engine="ray",
        jobs=2,
        progress=lambda items, _: (done.append(item) or item for item in items),
    )
    assert contents(tmp_path / "here") == contents(tmp_path / "ray")
    assert len(done) == 5


def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"solomuse\[ray\]"):
        build.prepare([REMOTE], tmp_path / "out", CONFIG, engine="ray")
    assert list(tmp_path.iterdir()) == []
