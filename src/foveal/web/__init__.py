"""A local web page on which photos are encoded, steered and compared (`foveal serve`). Read `app.py` first.

Needs the extra `serve`. The page itself is in the folder `static`; `worker_tasks.py` does the work on photos, in worker
processes that `worker_pool.py` keeps.
"""
