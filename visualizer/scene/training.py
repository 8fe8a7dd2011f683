"""[training]: how a network is to learn."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticKnownError

from visualizer.scene.base import NonNegative, Part
from visualizer.scene.controls import Number, Options
from visualizer.scene.networks import NETWORKS
from visualizer.scene.shapes import SHAPES

Objective = Literal[
    "denoising",
    "exact-score-matching",
    "sliced-score-matching",
    "contrastive-divergence",
    "noise-contrastive",
    "likelihood",
    "reverse-kl",
    "elbo",
    "non-saturating",
    "saturating",
    "wasserstein",
    "relativistic",
    "consistency-distillation",
    "schroedinger-bridge",
    "flow-matching",
]
#: What of a GAN stays as it is.
Frozen = Literal["none", "generator", "discriminator"]
#: Weights of all transforms of a flow, or of all levels of a stack, at most.
MAX_WEIGHTS = 16_000_000
#: Objectives that know one noise level only.
_ONE_LEVEL = ("exact-score-matching", "sliced-score-matching", "contrastive-divergence", "noise-contrastive")


def _network(name: str) -> str:
    if name not in NETWORKS:
        raise PydanticKnownError("literal_error", {"expected": ", ".join(f"'{known}'" for known in NETWORKS)})
    return name


def _titles() -> tuple[tuple[str, str], ...]:
    return tuple((name, NETWORKS[name].title) for name in NETWORKS)


#: A bridge begins at N(0, I), as wide as the data.
NOISE = "noise"


def _source(name: str) -> str:
    if name != NOISE and name not in SHAPES:
        raise PydanticKnownError("literal_error", {"expected": ", ".join(f"'{n}'" for n in (NOISE, *SHAPES))})
    return name


def _sources() -> tuple[tuple[str, str], ...]:
    return ((NOISE, "Noise, as wide as the data"), *((n, SHAPES[n].title) for n in SHAPES if SHAPES[n].d == 2))


class TrainingPart(Part):
    """How `visualizer train` and the window train a network on the target, noised by the process."""

    network: Annotated[
        str,
        AfterValidator(_network),
        Options(
            "Network",
            "What learns: any score, an energy whose gradient is the score, or a mixture's posterior mean",
            _titles,
        ),
    ] = "mlp"
    prediction: Annotated[
        Literal["x0", "epsilon", "score", "v", "velocity"],
        Options(
            "Prediction",
            "What an MLP's output is; each gives the others",
            (
                ("epsilon", "noise ε"),
                ("x0", "clean x₀"),
                ("score", "score s"),
                ("v", "v = α ε − σ x₀"),
                ("velocity", "velocity u = ε − x₀"),
            ),
        ),
    ] = "epsilon"
    objective: Annotated[
        Objective,
        Options(
            "Objective",
            "What is made small. Score matching, contrastive divergence and noise contrast know one noise level only",
            (
                ("denoising", "Denoising score matching"),
                ("exact-score-matching", "Score matching (Hyvärinen)"),
                ("sliced-score-matching", "Sliced score matching"),
                ("contrastive-divergence", "Contrastive divergence"),
                ("noise-contrastive", "Noise-contrastive estimation"),
                ("likelihood", "Maximum likelihood: KL(p ‖ q)"),
                ("reverse-kl", "Reverse divergence: KL(q ‖ p)"),
                ("elbo", "Evidence lower bound"),
                ("non-saturating", "Non-saturating: −E log D(G(z))"),
                ("saturating", "Saturating: E log(1 − D(G(z)))"),
                ("wasserstein", "Wasserstein, with a gradient penalty"),
                ("relativistic", "Relativistic, with R₁ and R₂"),
                ("consistency-distillation", "Consistency along exact paths"),
                ("schroedinger-bridge", "Entropic optimal transport (LightSB)"),
                ("flow-matching", "Flow matching"),
            ),
        ),
    ] = "denoising"
    weighting: Annotated[
        Literal["epsilon", "x0", "score", "v", "velocity"],
        Options(
            "Weighting over t",
            "Levels count as if this were predicted: as ε all alike, as the score small noise more",
            (
                ("epsilon", "as ε: all levels alike"),
                ("v", "as v"),
                ("score", "as s: small t"),
                ("x0", "as x₀: large t"),
                ("velocity", "as u: all levels of a flow alike"),
            ),
        ),
    ] = "epsilon"
    coupling: Annotated[
        Literal["independent", "minibatch-ot", "reflow"],
        Options(
            "Coupling",
            "Which noise goes with which data, for a velocity on the process linear. Reflow: the exact flow's pairs",
            (
                ("independent", "Independent"),
                ("minibatch-ot", "Optimal transport in batches"),
                ("reflow", "Reflow: pairs of the exact flow"),
            ),
        ),
    ] = "independent"
    labels: Annotated[
        Literal["none", "classes"],
        Options(
            "Labels",
            "Whether an MLP is told the class of its examples, for guidance without a classifier",
            (("none", "no labels"), ("classes", "class labels, untold one time in five")),
        ),
    ] = "none"
    level: Annotated[NonNegative, Number("noise level t", "The one level that is learned", 0.0, 1.0, digits=2)] = 0.2
    flow: Annotated[
        Literal["spline", "affine", "autoregressive"],
        Options(
            "Layers",
            "Coupling: one coordinate is moved by what the other is. Autoregressive: both are",
            (
                ("spline", "Spline couplings"),
                ("affine", "Affine couplings (RealNVP)"),
                ("autoregressive", "Autoregressive splines"),
            ),
        ),
    ] = "spline"
    transforms: Annotated[
        int, Field(ge=1, le=16), Number("transforms", "Layers of the flow, a stroke each", 1, 12, integer=True)
    ] = 4
    bins: Annotated[int, Field(ge=2, le=64), Number("bins", "Pieces of each spline", 4, 32, integer=True)] = 8
    order: Annotated[
        Literal["xy", "yx"],
        Options("Order", "Which coordinate is drawn first", (("xy", "x, then y given x"), ("yx", "y, then x given y"))),
    ] = "xy"
    levels: Annotated[
        int,
        Field(ge=1, le=32),
        Number("levels", "Of a stack, each for a range of σ/α; of a hierarchy of latents", 1, 16, integer=True),
    ] = 8
    encoder: Annotated[
        Literal["learned", "noise"],
        Options(
            "Encoder",
            "Learned, or fixed: it adds noise level by level, and what goes down is a diffusion",
            (("learned", "Learned"), ("noise", "Noise, level by level")),
        ),
    ] = "learned"
    untrained: Annotated[
        int,
        Field(ge=0, le=32),
        Number(
            "untrained level (0: none)", "This network of the stack learns nothing; 1: least noise", 0, 16, integer=True
        ),
    ] = 0
    latent: Annotated[
        int, Field(ge=1, le=2), Number("latents d_z", "Dimensions of the latent space", 1, 2, integer=True)
    ] = 2
    decoder: Annotated[
        Literal["mlp", "linear"],
        Options(
            "Encoder and decoder",
            "A linear one is probabilistic PCA",
            (("mlp", "MLPs"), ("linear", "Linear: probabilistic PCA")),
        ),
    ] = "mlp"
    beta: Annotated[
        float, Field(ge=0, le=100), Number("β", "Weight of KL(q(z | x) ‖ p(z)): above 1 the code collapses", 0.0, 8.0)
    ] = 1.0
    importance: Annotated[
        int,
        Field(ge=1, le=64),
        Number("samples K of the bound", "1: ELBO; more: the importance-weighted bound (IWAE)", 1, 32, integer=True),
    ] = 1
    critic_width: Annotated[
        int,
        Field(ge=1, le=512),
        Number("width of D", "Units of each of the discriminator's three layers", 8, 256, log=True, integer=True),
    ] = 64
    critic_steps: Annotated[
        int, Field(ge=1, le=20), Number("steps of D", "Of the discriminator, for each of G", 1, 10, integer=True)
    ] = 1
    frozen: Annotated[
        Frozen,
        Options(
            "What learns",
            "With the generator still one sees how good D can get, D* = p/(p + q); with D still the generator runs to "
            "where that D is largest",
            (
                ("none", "Generator and discriminator"),
                ("generator", "The discriminator alone"),
                ("discriminator", "The generator alone"),
            ),
        ),
    ] = "none"
    epsilon: Annotated[
        float,
        Field(ge=0.01, le=100),
        Number(
            "noise ε",
            "Variance a path gains, in units of the data's. Near 0: optimal transport",
            0.05,
            10.0,
            log=True,
        ),
    ] = 1.0
    source: Annotated[
        str,
        AfterValidator(_source),
        Options("Begins at", "The law that it begins with; a shape for a target in the plane", _sources),
    ] = NOISE
    width: Annotated[
        int, Field(ge=1, le=512), Number("width", "Units of each hidden layer", 8, 256, log=True, integer=True)
    ] = 128
    depth: Annotated[int, Field(ge=1, le=8), Number("layers", "Hidden layers", 1, 6, integer=True)] = 4
    components: Annotated[
        int, Field(ge=1, le=64), Number("components K", "Components of the mixture", 1, 16, integer=True)
    ] = 8
    rank: Annotated[int, Field(ge=1, le=2), Number("rank r", "Of U in the covariance UUᵀ + ψI", 1, 2, integer=True)] = 2
    points: Annotated[
        int,
        Field(ge=0, le=100_000),
        Number(
            "data points (0: endless)",
            "Learn from so many fixed points of the target, over and over; 0: ever new ones",
            0,
            64,
            integer=True,
        ),
    ] = 0
    batch: Annotated[
        int, Field(ge=1, le=65_536), Number("batch", "Examples in a step", 32, 8192, log=True, integer=True)
    ] = 1024
    rate: Annotated[
        float, Field(gt=0, le=1), Number("learning rate", "Of Adam; it falls along a cosine to 0", 1e-4, 0.05, log=True)
    ] = 2e-3
    steps: Annotated[
        int, Field(ge=1, le=1_000_000), Number("steps", "Steps of training", 100, 50_000, log=True, integer=True)
    ] = 4000

    @model_validator(mode="before")
    @classmethod
    def _suited(cls, given: Any) -> Any:
        """What is not said is as suits the network."""
        kind = given.get("network") if isinstance(given, dict) else None
        if not isinstance(kind, str) or kind not in NETWORKS:
            return given
        return {"objective": NETWORKS[kind].objectives[0], **NETWORKS[kind].suits, **given}

    @model_validator(mode="before")
    @classmethod
    def _weighed_as_predicted(cls, given: Any) -> Any:
        """A velocity is learned by plain squares where nothing is said: as ε, its levels near noise weigh nothing."""
        if isinstance(given, dict) and given.get("prediction") == "velocity":
            return {"weighting": "velocity", **given}
        return given

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        kind = NETWORKS[self.network]
        if self.objective not in kind.objectives:
            raise ValueError(f"objective: expected one of {', '.join(kind.objectives)} for {self.network}")
        if self.labels == "classes" and ("labels" not in kind.numbers or self.objective != "denoising"):
            raise ValueError('labels: expected "none" unless an mlp is trained by denoising')
        if "prediction" in kind.numbers and self.objective != "denoising" and self.prediction != "score":
            raise ValueError(f'prediction: expected "score" for {self.objective}')
        if "transforms" in kind.numbers and self.transforms * self.depth * self.width**2 > MAX_WEIGHTS:
            raise ValueError(
                f"transforms: expected fewer or narrower ones, with at most {MAX_WEIGHTS:,} weights in all"
            )
        if "levels" in kind.numbers and self.levels * self.depth * self.width**2 > MAX_WEIGHTS:
            raise ValueError(f"levels: expected fewer or narrower ones, with at most {MAX_WEIGHTS:,} weights in all")
        if "levels" in kind.numbers and self.levels > kind.most_levels:
            raise ValueError(f"levels: expected at most {kind.most_levels} for {self.network}")
        if self.untrained > self.levels:
            raise ValueError(f"untrained: expected 0 to {self.levels}, the number of levels")
        if self.coupling != "independent" and (self.prediction != "velocity" or self.objective != "denoising"):
            raise ValueError('coupling: expected "independent" unless an mlp predicts the velocity')
        return self

    @property
    def error(self) -> str:
        """What the distance from the truth is, where a training is drawn."""
        return NETWORKS[self.network].error if self.coupling == "independent" else "W₂ of four strokes"

    def changed(self, name: str, value: Any) -> Self:
        """A change takes along what would not go with it."""
        now = {**self.model_dump(), name: value}
        if name == "network":
            now |= self._suiting(value)
        now["levels"] = min(now["levels"], NETWORKS[now["network"]].most_levels)
        now["untrained"] = min(now["untrained"], now["levels"])
        if now["objective"] not in NETWORKS[now["network"]].objectives:
            if name == "objective":  # the objective was chosen: take the network with most objectives that has it
                having = [kind for kind in NETWORKS if value in NETWORKS[kind].objectives]
                now["network"] = max(having, key=lambda kind: len(NETWORKS[kind].objectives))
            else:
                now["objective"] = NETWORKS[now["network"]].objectives[0]
        numbers, denoises = NETWORKS[now["network"]].numbers, now["objective"] == "denoising"
        if "prediction" in numbers and not denoises and now["prediction"] != "score":
            if name == "prediction":
                now["objective"], denoises = "denoising", True
            else:
                now["prediction"] = "score"
        if name == "coupling" and value != "independent":
            now["network"], now["objective"], now["prediction"] = "mlp", "denoising", "velocity"
            numbers, denoises = NETWORKS["mlp"].numbers, True
        elif now["prediction"] != "velocity" or "coupling" not in numbers:
            now["coupling"] = "independent"
        if "labels" not in numbers or not denoises:
            now["labels"] = "none"
        if (now["prediction"] == "velocity") != (self.prediction == "velocity"):
            now["weighting"] = "velocity" if now["prediction"] == "velocity" else "epsilon"
        return type(self).model_validate(now)

    def told(self) -> dict[str, Any]:
        """What a file has to say of it: all that its network and its prediction do not say already."""
        said = {"network": self.network, "prediction": self.prediction}
        usual = type(self).model_validate(said | {"objective": self.objective}).model_dump()
        kept = {name: value for name, value in self.model_dump().items() if value != usual[name]}
        if self.objective != NETWORKS[self.network].objectives[0]:
            kept["objective"] = self.objective
        plain = type(self)()
        return kept | {name: value for name, value in said.items() if value != getattr(plain, name)}

    def _suiting(self, network: str) -> dict[str, Any]:
        """What nobody has chosen, as suits another network."""
        usual = {n: f.default for n, f in type(self).model_fields.items()}
        before, then = ({**usual, **NETWORKS[n].suits} for n in (self.network, network))
        return {n: then[n] for n in then if before[n] != then[n] and getattr(self, n) == before[n]}

    def applies(self, name: str) -> bool:
        """Whether a number has a meaning for this network and objective."""
        denoises, kind = self.objective == "denoising", NETWORKS[self.network]
        own: frozenset[str] = frozenset().union(*(NETWORKS[n].numbers for n in NETWORKS))
        if name in own and name not in kind.numbers:
            return False
        if name == "coupling":
            return self.prediction == "velocity"
        if name == "bins":
            return self.flow != "affine"
        if name == "latent":
            return "encoder" not in kind.numbers or self.encoder == "learned"
        if name in ("width", "depth"):
            return "decoder" not in kind.numbers or self.decoder == "mlp"
        if name == "objective":
            return len(kind.objectives) > 1
        return {"weighting": denoises, "labels": denoises, "level": self.objective in _ONE_LEVEL}.get(name, True)
