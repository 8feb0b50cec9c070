"""The model: GPT-2 that is told at every position where it is in the chart."""
