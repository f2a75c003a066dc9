"""Pictures and pages to look at: maps over photos, colour maps, sheets of pictures, HTML."""
