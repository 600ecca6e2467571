"""Making: a person learned as an avatar, and put in the place of a target's face."""
