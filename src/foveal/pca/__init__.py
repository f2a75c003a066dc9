"""Compression by principal components (K. Kishore, "AI in Image Processing", B.Tech report, IIT Palakkad, chapter 2).

`rows` is the report's method: the rows of a channel are the samples. `blocks` goes beyond it: 8x8-pixel blocks are the
samples, and their scores are quantized and entropy coded. Read `components.py` first, then `rows.py` and `blocks.py`;
`codec.py` joins them.
"""

from foveal.pca.codec import decode, encode
from foveal.pca.components import PrincipalComponents, fit

__all__ = ["PrincipalComponents", "decode", "encode", "fit"]
