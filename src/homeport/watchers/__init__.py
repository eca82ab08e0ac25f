"""How a change is noticed, one way a file."""
