"""Which way the cited sentences of an answer point: yes or no, for or against, increased, decreased or no different.

Read by rule from their words, by models small enough to be read; where neither is sure nothing is said.
"""

from assistant.verdicts.reading import Cited, read_direction

__all__ = ["Cited", "read_direction"]
