"""Encrypt, mask, keep and forget personal data; record who looked at it."""
