"""Small servers that speak the real APIs over real sockets, and a clock that tests turn by hand."""
