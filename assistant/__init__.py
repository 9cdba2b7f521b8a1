"""A question in, a cited answer out: screening, planning, composing, verification, appraisal and the doors."""

from ingestion import __version__ as __version__
