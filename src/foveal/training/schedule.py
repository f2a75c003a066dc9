"""Training schedules: sequences of phases with their learning rates, from small pictures to large ones.

`FULL` made the shipped weights. Times are in docs/training.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from foveal.errors import ParameterError
from foveal.training.losses import LossWeights
from foveal.training.scenes import SceneMix


@dataclass(frozen=True)
class ScenePhase:
    """Phase that trains the backbone and the class heads on scenes.

    Attributes
    ----------
    name
        Name in the progress bar and the log.
    scenes
        Number of random scenes in the phase; it has `scenes // batch_size` steps.
    side
        Square root of the area of a scene in pixels; a third of the batches each are square, landscape and portrait.
    batch_size
        Number of scenes in each step.
    learning_rate
        Learning rates at the start and at the end of the phase, with half a cosine between.
    mix
        Shares of mosaics and of pasted scenes.
    loss
        Weights of the terms of the loss.
    """

    name: str
    scenes: int
    side: int
    batch_size: int
    learning_rate: tuple[float, float]
    mix: SceneMix = field(default_factory=SceneMix)
    loss: LossWeights = field(default_factory=LossWeights)

    @property
    def steps(self) -> int:
        """Number of steps in the phase."""
        return self.scenes // self.batch_size


@dataclass(frozen=True)
class HeadPhase:
    """Phase that trains the gaze heads on fixations, the MS-ROI head on fixations and scenes, with a frozen backbone.

    Attributes
    ----------
    name
        Name in the progress bar and the log.
    steps
        Number of steps.
    gaze_batch_size
        Photos with fixations in each step.
    scene_batch_size
        Scenes in each step.
    learning_rate
        Learning rates at the start and at the end, as in `ScenePhase`.
    scenes
        Number of scenes that are drawn once, for all steps.
    side, mix
        Size and kinds of these scenes, as in `ScenePhase`.
    loss
        Weights of the terms of the loss.
    """

    name: str
    steps: int
    gaze_batch_size: int
    scene_batch_size: int
    learning_rate: tuple[float, float]
    scenes: int
    side: int
    mix: SceneMix = field(default_factory=SceneMix)
    loss: LossWeights = field(default_factory=LossWeights)


Phase = ScenePhase | HeadPhase


@dataclass(frozen=True)
class Schedule:
    """Phases of a training run, and settings for all of them.

    Attributes
    ----------
    phases
        Phases in order.
    weight_decay
        Weight decay of AdamW.
    average_over
        Time constant of the moving average of the weights, as a share of a phase's steps. The average is validated and
        exported.
    log_every
        Number of steps between entries of the log.
    checkpoint_every
        Number of steps between checkpoints; a multiple of `log_every`, so that no entry spans a checkpoint.
    validation_photos
        Largest number of photos that are classified after each phase.
    """

    phases: tuple[Phase, ...]
    weight_decay: float = 0.05
    average_over: float = 0.1
    log_every: int = 25
    checkpoint_every: int = 500
    validation_photos: int = 3000

    def __post_init__(self) -> None:
        if self.checkpoint_every % self.log_every:
            raise ParameterError("checkpoint_every is not a multiple of log_every")

    def only(self, names: list[str]) -> Schedule:
        """Return a schedule of only the named phases; raise ParameterError for an unknown name."""
        known = [phase.name for phase in self.phases]
        if unknown := sorted(set(names) - set(known)):
            raise ParameterError(f"no phase {', '.join(unknown)}; there are {', '.join(known)}")
        return replace(self, phases=tuple(phase for phase in self.phases if phase.name in names))


_PHOTOS_ONLY = LossWeights(msroi=0.0, location=0.0)

_MANY_OBJECTS = SceneMix(mosaics=0.3, pasted=0.5)

FULL = Schedule(
    phases=(
        ScenePhase("warm-up", 26_000, 64, 64, (1e-4, 3e-3), loss=_PHOTOS_ONLY),
        ScenePhase("photos", 300_000, 64, 64, (3e-3, 1e-3), SceneMix(mosaics=0.1), loss=_PHOTOS_ONLY),
        ScenePhase("detail", 60_000, 96, 48, (1.2e-3, 5e-4), SceneMix(mosaics=0.25, pasted=0.25)),
        ScenePhase("scenes", 16_000, 168, 24, (5e-4, 5e-5), _MANY_OBJECTS),
        HeadPhase(
            "heads",
            400,
            gaze_batch_size=16,
            scene_batch_size=8,
            learning_rate=(2e-3, 1e-5),
            scenes=3_000,
            side=168,
            mix=_MANY_OBJECTS,
        ),
    )
)

TRIAL = Schedule(
    phases=(
        ScenePhase("photos", 6_400, 64, 64, (1e-3, 2e-3), SceneMix(mosaics=0.2), loss=_PHOTOS_ONLY),
        ScenePhase("scenes", 960, 96, 48, (5e-4, 5e-5), _MANY_OBJECTS),
        HeadPhase(
            "heads",
            20,
            gaze_batch_size=16,
            scene_batch_size=8,
            learning_rate=(1e-3, 1e-5),
            scenes=100,
            side=96,
            mix=_MANY_OBJECTS,
        ),
    ),
    checkpoint_every=50,
    validation_photos=500,
)

SCHEDULES = {"full": FULL, "trial": TRIAL}
