"""Values: pitch, chord, note, meter, chart, lead sheet, song. Standard library only."""
