"""Views, one noun a module: HTTP in, one domain call, HTTP out."""
