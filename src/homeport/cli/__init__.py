"""One command a file: parse words, call one function, print, choose an exit status."""
