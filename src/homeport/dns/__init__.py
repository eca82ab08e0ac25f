"""Our authoritative DNS server: prebuilt answers found by the raw question."""
