"""Was a face in media manipulated: independent examiners, one calibrated verdict, its error rate, and a report."""
