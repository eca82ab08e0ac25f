"""Logs, metrics, traces, health: one vocabulary of events for all of them."""
