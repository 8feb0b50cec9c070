"""Pure measures of a melody over its chart."""
