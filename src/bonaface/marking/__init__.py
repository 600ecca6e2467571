"""The only way out for rendered pixels (label, seal, record), and the way back (verify)."""
