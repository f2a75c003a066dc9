"""An HTML page that shows every stage of encoding one photo. Read `page.py` first, then `facts.py`."""

from foveal.explain.page import MAX_EMBEDDED_BYTES, Explanation, explain

__all__ = ["MAX_EMBEDDED_BYTES", "Explanation", "explain"]
