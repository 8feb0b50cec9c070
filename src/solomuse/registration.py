"""Makes the Auto classes of transformers know our model, whenever the program comes to load them.

``import solomuse`` must not load transformers, and yet ``AutoModelForCausalLM.from_pretrained(folder)`` has to
work after it. So imports of transformers are watched: once its Auto classes are there, ours is added.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

_OURS = "solomuse.model.gpt2"
_CONFIGURATIONS, _MODELS = "transformers.models.auto.configuration_auto", "transformers.models.auto.modeling_auto"


class _Watcher(MetaPathFinder):
    """Finds the modules of transformers and our model's as without it, and learns when they are loaded.

    Our model imports half of transformers, so it has to wait until none of these modules is loaded only in part:
    that is when the outermost import of one is over.
    """

    def __init__(self) -> None:
        self._seeking: set[str] = set()
        self.depth = 0
        self.is_done = False

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  the signature is Python's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """The module's specification with a loader that tells us; None for what is not watched."""
        is_watched = fullname.startswith("transformers.") or fullname == _OURS
        if self.is_done or not is_watched or fullname in self._seeking:
            return None
        self._seeking.add(fullname)
        try:
            spec = find_spec(fullname)
        finally:
            self._seeking.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Watched(spec.loader, self)
        return spec

    def register(self) -> None:
        """Add our model if the Auto classes are loaded and nothing is half loaded."""
        if self.is_done or self.depth or not {_CONFIGURATIONS, _MODELS} & sys.modules.keys():
            return
        self.is_done = True
        gpt2, configurations = import_module(_OURS), import_module(_CONFIGURATIONS)
        kind = gpt2.ChartGPT2Config
        configurations.AutoConfig.register(kind.model_type, kind, exist_ok=True)
        import_module(_MODELS).AutoModelForCausalLM.register(kind, gpt2.ChartGPT2LMHeadModel, exist_ok=True)


class _Watched(Loader):
    """A loader that gives the module back to its own one, and says when it is loaded."""

    def __init__(self, own: Loader, watcher: _Watcher) -> None:
        self._own, self._watcher = own, watcher

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """What the module's own loader makes."""
        return self._own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Load the module as its own loader does, then register if that was the outermost."""
        module.__loader__ = self._own
        if module.__spec__ is not None:
            module.__spec__.loader = self._own
        self._watcher.depth += 1
        try:
            self._own.exec_module(module)
        finally:
            self._watcher.depth -= 1
        self._watcher.register()


def register_when_loaded() -> None:
    """Register at once where transformers is loaded already, else as soon as it is."""
    if any(isinstance(finder, _Watcher) for finder in sys.meta_path):
        return
    watcher = _Watcher()
    sys.meta_path.insert(0, watcher)
    watcher.register()
