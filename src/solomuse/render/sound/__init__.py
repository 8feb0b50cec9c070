"""Songs as audio, with a SoundFont or without."""

from solomuse.render.sound.audio_file import FORMAT_BY_ENDING, check_audio_ending, stem_paths, write_audio, write_stems
from solomuse.render.sound.instrument import SAMPLE_RATE
from solomuse.render.sound.mix import SoundFontChoice, Stems, render_song, render_stems

__all__ = [
    "FORMAT_BY_ENDING",
    "SAMPLE_RATE",
    "SoundFontChoice",
    "Stems",
    "check_audio_ending",
    "render_song",
    "render_stems",
    "stem_paths",
    "write_audio",
    "write_stems",
]
