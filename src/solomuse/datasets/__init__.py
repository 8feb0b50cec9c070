"""Sources of songs, one file each, to shards of token sequences."""
