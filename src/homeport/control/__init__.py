"""The server's use cases: zones, hosts, credentials, updates."""
