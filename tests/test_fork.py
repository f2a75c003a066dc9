"""Forks while other threads encode: a child must not wait for a lock that a thread of its parent held."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FORKS, FORKS_WITH_NETWORK = 100, 30  # the network makes an encode six times as long
PROGRAM = """
import os, random, sys, threading, time, warnings
import numpy as np
import foveal

warnings.simplefilter("ignore")  # of Python, about forks of processes with threads
saliency, forks = sys.argv[1], int(sys.argv[2])
saliency = None if saliency == "none" else saliency
pixels = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)


def encode():
    return foveal.encode(pixels, saliency=saliency, threads=2, quality=50)


def encode_for_ever():
    while True:
        encode()


if "loading" not in sys.argv:  # else the first forks happen while onnxruntime is imported and the model is loaded
    encode()
for _ in range(4):
    threading.Thread(target=encode_for_ever, daemon=True).start()
hung = failed = 0
for _ in range(forks):
    time.sleep(random.uniform(0, 0.02))
    child = os.fork()
    if child == 0:
        os._exit(encode()[:2] != b"\\xff\\xd8")
    end = time.monotonic() + 60
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            failed += status != 0
            break
        if time.monotonic() > end:
            hung += 1
            os.kill(child, 9)
            os.waitpid(child, 0)
            break
        time.sleep(0.002)
    if hung:
        break
print(hung, failed, flush=True)
os._exit(0)
"""

CASES = [("none", str(FORKS)), ("gaze", str(FORKS_WITH_NETWORK)), ("gaze", "3", "loading")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("arguments", CASES, ids=str)
def test_a_fork_while_other_threads_encode_does_not_hang(arguments: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0 0\n", "")


MODEL_PROGRAM = """
import os, warnings
import numpy as np
from foveal.saliency import SaliencyModel

warnings.simplefilter("ignore")
rgb = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
model = SaliencyModel(threads=2)
before = model.see(rgb).gaze
child = os.fork()
same = np.allclose(model.see(rgb).gaze, before, atol=1e-4)
if child == 0:
    os._exit(not same)
print(os.waitpid(child, 0)[1], same)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_model_with_threads_of_its_own_runs_in_a_child() -> None:
    """The thread pool of onnxruntime is lost in the child; a run with it would wait forever."""
    done = subprocess.run(
        [sys.executable, "-c", MODEL_PROGRAM], capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.stdout, done.stderr) == ("0 True\n", "")
