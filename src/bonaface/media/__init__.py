"""Pictures and clips in and out of files; all conversion of colour, depth and rotation happens here."""
