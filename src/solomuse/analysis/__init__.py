"""Values to values, pure numpy: melody, harmony, beats, quantisation."""
