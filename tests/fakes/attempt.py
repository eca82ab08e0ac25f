"""What became of reading something that may be damaged."""


def attempt(read, *data):
    """Return what was read and why it was refused; one of the two is `None`."""
    try:
        return read(*data), None
    except ValueError as refused:
        return None, str(refused)
