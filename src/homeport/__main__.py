"""`python -m homeport`: for machines where the script is not on PATH."""

from homeport.cli import main

main()
