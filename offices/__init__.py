"""Offices, the areas they serve, and when they are open."""
