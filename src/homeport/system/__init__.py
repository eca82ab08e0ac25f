"""Living on a machine: who owns a file, who holds a lock."""
