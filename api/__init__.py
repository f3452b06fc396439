"""The machines' door: REST under /api/v1/, one domain call behind each request, no rules."""
