"""Parse, check and geocode Indonesian addresses."""
