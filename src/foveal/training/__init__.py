"""Training and evaluation of the saliency network. Needs the extra `train` (PyTorch).

Nothing else in the package imports this one. Read `run.py` first. `backbone.py` is a network that others trained, and
`heads.py` what is trained here, by `fitting.py` and `losses.py`. The data flow from `gaze_data.py` and `views.py`
(fixations) and from `photos.py` and `scenes.py` (labelled objects) through the backbone into `banks.py`. `network.py`
joins the parts, `export.py` writes them as ONNX, and `evaluation.py` scores the files.
"""
