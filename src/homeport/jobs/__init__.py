"""Work that must happen: schedule, retry, debounce. Knows nothing of DNS."""
