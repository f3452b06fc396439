"""Users, their roles and offices, keys of machines, and who did what."""
