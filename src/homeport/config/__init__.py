"""The file, the environment and the secrets: the only reader of them."""
