"""What a file declares is said; that it declares nothing is no evidence."""

from pathlib import Path

import pytest

from bonaface.checking.origin import examine_origin
from bonaface.marking.read import Seal

PATH = Path("a.jpg")
SEALS = {
    "none": Seal(PATH, "missing"),
    "camera": Seal(PATH, "whole", "trusted", "Camera Maker", source_types=("digitalCapture",)),
    "made": Seal(PATH, "whole", "unknown", "Tool", source_types=("compositeWithTrainedAlgorithmicMedia",)),
    "broken": Seal(PATH, "altered", "unknown"),
}


@pytest.mark.parametrize(
    ("seal", "facts", "made", "words"),
    [
        ("none", {}, False, "That is no evidence"),
        ("camera", {}, False, "digitalCapture"),
        ("made", {}, True, "not among those you trust"),
        ("broken", {}, False, "changed after it was signed"),
        ("none", {"declared source type": "trainedAlgorithmicMedia"}, True, "IPTC"),
        ("none", {"declared source type": "digitalCapture"}, False, "no evidence"),
        ("none", {"declared AIGC": "yes"}, True, "AIGC"),
        ("none", {"note": "holds the text 'parameters'"}, True, "parameters"),
        ("none", {"camera": "Maker X", "compression": "JPEG quality about 80"}, False, "says of itself"),
        ("broken", {"declared source type": "trainedAlgorithmicMedia"}, False, "broken"),
    ],
)
def test_a_declaration_is_an_answer_and_its_absence_is_none(seal, facts, made, words):
    evidence, declared = examine_origin(SEALS[seal], facts)
    assert declared is made
    assert words in " ".join(one.finding for one in evidence)
    assert {one.weight for one in evidence} == {0.0}
