"""Image compression by principal component analysis (PCA).

There are two modes. `rows` is the method of K. Kishore, "AI in Image Processing", B.Tech report, IIT Palakkad, chapter
2: the rows of a channel are the samples. `blocks` goes beyond the report: 8x8-pixel blocks are the samples, and their
scores are quantized and entropy coded. Read `components.py` first, then `rows.py` and `blocks.py`; `codec.py` joins
them.
"""

from foveal.pca.codec import decode, encode
from foveal.pca.components import PrincipalComponents, fit

__all__ = ["PrincipalComponents", "decode", "encode", "fit"]
