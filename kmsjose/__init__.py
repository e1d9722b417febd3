"""kmsjose."""
