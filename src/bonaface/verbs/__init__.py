"""What people do with bonaface: one file a verb, each a list of steps."""
