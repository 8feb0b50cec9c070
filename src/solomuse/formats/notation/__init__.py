"""Notation: what a player reads, whatever the format in which it is written."""
