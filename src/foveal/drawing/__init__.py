"""Pictures and pages that are looked at: maps over photos, colour scales, sheets, HTML."""
