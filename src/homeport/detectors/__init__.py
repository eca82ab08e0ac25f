"""How an address is learned, one way a file."""
