"""The page: charts in, solos out, in a browser on the same machine."""
