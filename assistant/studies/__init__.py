"""What a study says of itself, read by rules from its own words: design, people, what was compared, what was found.

Each reader is a pure function of a text and gives a span of it, or `None`: what cannot be told is left empty, never guessed.
"""
