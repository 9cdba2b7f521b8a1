"""Live sources: each client saves a service's native answers as files, and the pipeline ingests the files."""
