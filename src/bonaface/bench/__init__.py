"""Measuring swaps: fixed pairs, fixed frames, formulas with known answers, judges that no other part asks."""
