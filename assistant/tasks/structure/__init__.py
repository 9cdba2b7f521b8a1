"""A text brought into a structure: what a schema asks for, what the rules find by label, and whether words hold a value."""
