"""Where records are published, one host a file."""
