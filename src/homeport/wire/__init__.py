"""Pure encoders and decoders, no I/O, shared by adapters."""
