"""What update clients call: old dialects and the native protocol."""
