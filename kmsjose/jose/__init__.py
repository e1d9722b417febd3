"""JWS and JWT: no I/O, and the only importers of joserfc but for JWK parsing."""
