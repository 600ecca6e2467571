"""Words shared by two or more parts: frozen dataclasses, errors, and nothing that does work."""
