"""Settings, addresses of pages and entry points; imports every room and is imported by none."""
