"""Addresses of blind tests. Until a pair is answered, nothing that is sent tells which encoder made which file."""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from foveal.checks import check_choice
from foveal.errors import ParameterError
from foveal.web.blind_pair import available_encoders, encode_pair
from foveal.web.blind_test import BlindTest, Trial, make_test, record_answer
from foveal.web.errors import NotFoundError
from foveal.web.requests import read_json, while_connected
from foveal.web.server_state import ServerState
from foveal.web.worker import make_task

_SIDES = ("left", "right")
_KEPT_PAIRS = 4  # of a test; the page asks for the shown pair and the one after it. Others are made anew when asked for


async def _start_test(request: Request) -> Response:
    state: ServerState = request.app.state.server
    body = await read_json(request, state.limits.request_bytes)
    encoders, keys = body.get("encoders"), body.get("photos")
    if not isinstance(encoders, list) or not isinstance(keys, list):
        raise ParameterError("a blind test needs lists of encoders and photos")
    for name in encoders:
        check_choice("encoder", name, available_encoders())
    photos = [state.store.get(str(key)) for key in dict.fromkeys(map(str, keys))]
    names = [(photo.source.key, photo.source.name) for photo in photos]
    test = make_test(names, encoders, body.get("quality", 50), body.get("repeats", 1))
    dropped = state.tests.put(test.key, test)
    for trial in dropped.trials if dropped else ():
        _let_go(state, trial)
    return JSONResponse({"id": test.key, "trials": len(test.trials)}, 201)


async def _prepare_trial(request: Request) -> Response:
    """Encode the pair of a trial, unless that is done, and name its photo."""
    test, trial = _trial(request)
    state: ServerState = request.app.state.server
    if trial.files is None and trial.answer is None:
        state.store.check_results()
        task = make_task(encode_pair, state.store.get(trial.photo_key).source, trial.encoders, test.quality)
        files = await while_connected(request, state.pool.run(task, is_slow=True, may_wait=True))
        state.tests.get(test.key)  # it may have given way to a newer test meanwhile
        if trial.files is None and trial.answer is None:
            _hold(state, test, trial, files)
    return JSONResponse({"photo": trial.photo_key, "name": trial.photo_name, "answered": trial.answer is not None})


def _hold(state: ServerState, test: BlindTest, trial: Trial, files: tuple[bytes, bytes]) -> None:
    """Hold the files of a pair, which count as results, and let go of those of a test's first pairs if it has many."""
    trial.files, trial.sizes_bytes = files, (len(files[0]), len(files[1]))
    state.store.result_bytes += sum(trial.sizes_bytes)
    others = [each for each in test.trials if each.files is not None and each is not trial]
    for each in others[: max(0, len(others) + 1 - _KEPT_PAIRS)]:
        _let_go(state, each)


def _let_go(state: ServerState, trial: Trial) -> None:
    """Let go of the files of a pair, if they are held."""
    state.store.result_bytes -= sum(map(len, trial.files or ()))
    trial.files = None


async def _send_side(request: Request) -> Response:
    _, trial = _trial(request)
    side = request.path_params["side"]
    if trial.files is None or side not in _SIDES:
        raise NotFoundError("this pair is not shown now")
    return Response(trial.files[_SIDES.index(side)], media_type="image/jpeg")


async def _answer_trial(request: Request) -> Response:
    test, trial = _trial(request)
    state: ServerState = request.app.state.server
    body = await read_json(request, state.limits.request_bytes)
    record_answer(trial, body.get("answer"), body.get("seconds", 0))
    _let_go(state, trial)
    return JSONResponse({"answered": sum(each.answer is not None for each in test.trials)})


async def _send_result(request: Request) -> Response:
    """Send the preference, which is no longer blind; the page asks for it at the end."""
    test = _test(request)
    trials = [
        {"photo": trial.photo_name, "encoders": trial.encoders, "answer": trial.answer, "preferred": trial.preferred}
        for trial in test.trials
        if trial.answer is not None
    ]
    return JSONResponse({"encoders": test.encoders, **asdict(test.preference()), "trials": trials})


async def _send_csv(request: Request) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="foveal-blind-test.csv"'}
    return Response(_test(request).to_csv(), media_type="text/csv", headers=headers)


def _test(request: Request) -> BlindTest:
    state: ServerState = request.app.state.server
    return state.tests.get(request.path_params["key"])


def _trial(request: Request) -> tuple[BlindTest, Trial]:
    test = _test(request)
    return test, test.trial(request.path_params["number"])


ROUTES = (
    Route("/api/blind", _start_test, methods=["POST"]),
    Route("/api/blind/{key}", _send_result),
    Route("/api/blind/{key}/csv", _send_csv),
    Route("/api/blind/{key}/trials/{number:int}", _prepare_trial),
    Route("/api/blind/{key}/trials/{number:int}", _answer_trial, methods=["POST"]),
    Route("/api/blind/{key}/trials/{number:int}/{side}", _send_side),
)
