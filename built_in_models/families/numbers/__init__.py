"""Numbers: arithmetic, comparing, counting, sorting, dates and units."""
