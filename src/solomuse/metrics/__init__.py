"""Pure measures of a melody over its chart.

`line` has the columns that the others read; `harmony` and `consonance` hold notes against chords, `rhythm`,
`distributions` and `structure` against each other, `playability` against a player, `originality` against a corpus;
`set_distance` compares sets of melodies, `ngram` predicts them; `summary` gives all figures of a solo under stable
names.
"""
