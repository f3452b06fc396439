"""Shapes of what comes in and goes out, one noun a module; no rules."""
