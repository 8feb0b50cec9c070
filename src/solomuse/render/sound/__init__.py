"""Songs as audio, with a SoundFont or without."""

from solomuse.render.sound.audio_file import FORMAT_BY_ENDING, check_audio_ending, write_audio
from solomuse.render.sound.instrument import SAMPLE_RATE
from solomuse.render.sound.mix import SoundFontChoice, render_song

__all__ = ["FORMAT_BY_ENDING", "SAMPLE_RATE", "SoundFontChoice", "check_audio_ending", "render_song", "write_audio"]
