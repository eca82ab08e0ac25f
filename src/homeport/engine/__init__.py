"""Derive, reconcile, guard, apply: what one round of the agent is made of."""
