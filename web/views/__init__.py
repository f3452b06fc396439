"""Views, one noun a module: HTTP in, HTTP out, one call of a service, no rules."""
