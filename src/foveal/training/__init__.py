"""Training, evaluation and export of the saliency network. Needs the extra `train` (PyTorch).

Nothing else in the package imports this one. Read `schedule.py` first, then `loop.py`. Data flows through `photos.py`
-> `scenes.py` -> `batches.py` -> `network.py` -> `losses.py`.

Run as ``python -m foveal.training train --data DIR... --out runs/x``.
"""
