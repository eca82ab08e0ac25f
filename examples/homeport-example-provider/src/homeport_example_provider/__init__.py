"""A provider for Homeport that lives outside of it."""
