"""Train, evaluate and export the networks that find where people look. Needs the extra `train` (PyTorch).

Nothing else in the package imports from here. Read `schedule.py`, then `loop.py`; the order of the data is
`photos.py` -> `scenes.py` -> `batches.py` -> `network.py` -> `losses.py`.

Run as ``python -m foveal.training train --data DIR... --out runs/x``.
"""
