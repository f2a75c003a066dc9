"""What is trained when: a schedule is a sequence of phases, small pictures first.

`FULL` made the shipped weights. Times are in docs/training.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from foveal.errors import ParameterError
from foveal.training.losses import LossWeights
from foveal.training.scenes import SceneMix


@dataclass(frozen=True)
class Phase:
    """A number of steps of one kind.

    Attributes
    ----------
    name
        Shown in the progress bar and the log.
    scenes
        Pictures to see, drawn at random; batches are `scenes // batch_size` steps.
    side
        Square root of the area of a scene, pixels; a third of the batches each are square, landscape and portrait.
    batch_size
        Scenes of a step.
    learning_rate
        At the beginning and at the end of the phase; falls (or rises) along half a cosine between.
    mix
        How often mosaics and pasted scenes occur.
    gaze_batch_size
        Photos with fixations in each step, beside the scenes; 0 for none.
    learned_rate
        What earlier phases have trained, all but the gaze head, learns at this multiple of the learning rate.
    fixed_statistics
        Whether the backbone's batch normalisation keeps the statistics that it has.
    loss
        Weights of the parts of the loss.
    """

    name: str
    scenes: int
    side: int
    batch_size: int
    learning_rate: tuple[float, float]
    mix: SceneMix = field(default_factory=SceneMix)
    gaze_batch_size: int = 0
    learned_rate: float = 1.0
    fixed_statistics: bool = False
    loss: LossWeights = field(default_factory=LossWeights)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return self.scenes // self.batch_size


@dataclass(frozen=True)
class Schedule:
    """The phases, and what holds in all of them.

    Attributes
    ----------
    phases
        In their order.
    weight_decay
        Of AdamW.
    average_over
        Steps over which the weights are averaged (exponentially): what is validated and exported.
    log_every
        Steps between entries of the log.
    checkpoint_every
        Steps between checkpoints; a multiple of `log_every`, so that no entry is of steps before and after one.
    validation_photos
        At most so many photos are classified after each phase.
    """

    phases: tuple[Phase, ...]
    weight_decay: float = 0.05
    average_over: int = 500
    log_every: int = 25
    checkpoint_every: int = 500
    validation_photos: int = 3000

    def __post_init__(self) -> None:
        if self.checkpoint_every % self.log_every:
            raise ParameterError("checkpoint_every is no multiple of log_every")

    def only(self, names: list[str]) -> Schedule:
        """The phases of these names alone."""
        return replace(self, phases=tuple(phase for phase in self.phases if phase.name in names))


_PHOTOS_ONLY = LossWeights(msroi=0.0, location=0.0)

FULL = Schedule(
    phases=(
        Phase("warm-up", 26_000, 64, 64, (1e-4, 3e-3), loss=_PHOTOS_ONLY),
        Phase("photos", 700_000, 64, 64, (3e-3, 1e-3), SceneMix(mosaics=0.1), loss=_PHOTOS_ONLY),
        Phase("detail", 150_000, 96, 48, (1.2e-3, 5e-4), SceneMix(mosaics=0.25, pasted=0.25)),
        Phase("scenes", 40_000, 168, 24, (5e-4, 5e-5), SceneMix(mosaics=0.3, pasted=0.5)),
        Phase(
            "gaze",
            8 * 1_900,
            168,
            8,
            (1e-3, 1e-5),
            SceneMix(mosaics=0.3, pasted=0.5),
            gaze_batch_size=10,
            learned_rate=0.1,
            fixed_statistics=True,
        ),
    )
)

TRIAL = Schedule(
    phases=(
        Phase("photos", 6_400, 64, 64, (1e-3, 2e-3), SceneMix(mosaics=0.2), loss=_PHOTOS_ONLY),
        Phase("scenes", 960, 96, 48, (5e-4, 5e-5), SceneMix(mosaics=0.3, pasted=0.5)),
        Phase("gaze", 160, 96, 8, (1e-3, 1e-5), gaze_batch_size=10, learned_rate=0.1, fixed_statistics=True),
    ),
    checkpoint_every=50,
    validation_photos=500,
)

SCHEDULES = {"full": FULL, "trial": TRIAL}
