"""One protocol of update clients a file: read a request, write an answer, decide nothing."""
