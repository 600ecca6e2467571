"""Networks that ship, run on the processor: in LiteRT's file format, and in ONNX."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter

from bonaface.models import model_path
from bonaface.terms.arrays import Floats, Rgb8


def onnx_session(file: str, *, num_threads: int) -> onnxruntime.InferenceSession:
    """Return an open network of the shipped models, which threads may share.

    Raises:
        MissingPartError: the file is not there.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.log_severity_level = 3  # files that list their weights as inputs would give a warning for each
    return onnxruntime.InferenceSession(str(model_path(file)), options, providers=["CPUExecutionProvider"])


class LiteNetwork:
    """One network with one input. An instance belongs to one thread: its buffers are reused by every call."""

    def __init__(self, file: str, member: str | None = None, *, num_threads: int = 2) -> None:
        """Load ``file`` of the shipped models, or its ``member`` where it is a zip (a MediaPipe task).

        Raises:
            MissingPartError: the file is not there.
        """
        path = model_path(file)
        if member is None:
            content = path.read_bytes()
        else:
            with zipfile.ZipFile(path) as task:
                content = task.read(member)
        with _without_notes():
            self._interpreter = Interpreter(model_content=content, num_threads=num_threads)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.tensor(self._interpreter.get_input_details()[0]["index"])
        self._outputs = {d["name"]: d["index"] for d in self._interpreter.get_output_details()}

    def run(self, values: Floats) -> dict[str, Floats]:
        """Return the outputs by name, flat copies, for the float input of the network's own shape."""
        np.copyto(self._input(), values)
        return self._invoke()

    def run_picture(self, rgb8: Rgb8) -> dict[str, Floats]:
        """Return the outputs by name, flat copies, for a picture of the network's own size, fed as 0..1."""
        np.multiply(rgb8, np.float32(1 / 255), out=self._input()[0])
        return self._invoke()

    def _invoke(self) -> dict[str, Floats]:
        self._interpreter.invoke()
        return {name: self._interpreter.get_tensor(index).ravel() for name, index in self._outputs.items()}


@contextmanager
def _without_notes() -> Iterator[None]:
    """Keep LiteRT's note on its delegate off stderr, for which it has no switch; failures come as exceptions."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)
