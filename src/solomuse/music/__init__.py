"""Values: pitch, chord, note, meter, chart, lead sheet, song. Of other packages only numpy, for columns of notes."""
