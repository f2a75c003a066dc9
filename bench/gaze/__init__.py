"""What maps of where people look are worth, in bytes and in errors."""
