"""The command line and the demo: thin, they decide nothing."""
