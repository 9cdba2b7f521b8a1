"""How far evidence can be trusted: its place in the order of evidence, what the reader must be warned of, and how certain it all is.

`standing` is what every part of the assistant asks; `cautions` words the warnings; `source` appraises one document, `body` what an answer cites.
"""

from assistant.appraisal.standing import IN_FORCE, level_rank, usable

__all__ = ["IN_FORCE", "level_rank", "usable"]
