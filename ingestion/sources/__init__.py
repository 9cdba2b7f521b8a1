"""The registry of sources: a new source is one file in this folder and one line in `PARSERS`."""
