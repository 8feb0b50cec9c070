"""Files to values and back: reader and writer side by side."""
