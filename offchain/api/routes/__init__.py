"""One module of routes for each domain."""
