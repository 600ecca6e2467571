"""People: who they are, what they agreed to, their pictures, and the ledger of what was done."""
