"""Verifiable credentials: data models and the formats that secure them."""
