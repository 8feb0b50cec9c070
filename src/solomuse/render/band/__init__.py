"""The band behind a solo: bass, chords and drums, one module each, from one table of styles."""
