"""Long work: one row per job, with progress, lease and retry, run by an embedded or a distributed task engine."""
