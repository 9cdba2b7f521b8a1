"""What a question asks for: its key terms, its intent, and where to look."""
