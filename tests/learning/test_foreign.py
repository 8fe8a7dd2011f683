"""Networks of others: exported from PyTorch by the ten lines of the manual, judged by closed forms; hostile files refused."""

from __future__ import annotations

import io
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from tests.conftest import THREE_MODES
from visualizer.densities import GaussianMixture, MixtureField
from visualizer.engine import Simulation
from visualizer.engine.run.net_files import net_in_file
from visualizer.learning import NetError, foreign_from_bytes
from visualizer.processes import process
from visualizer.scene import parse_scene
from visualizer.scene.field import LearnedField

MEAN, VARIANCE = torch.tensor([0.7, -0.4]), 0.6
SIDECAR = '{}\nt_min = 0.001\nt_max = 0.999\n[process]\nkind = "linear"\n'


class Exact(torch.nn.Module):
    """What a perfect network says of N(m, v I) along α = 1 − t, σ = t. Not one of our classes."""

    def __init__(self, prediction):
        super().__init__()
        self.prediction = prediction

    def forward(self, x, t):
        a, s = (1 - t)[:, None], t[:, None]
        off = x - a * MEAN
        total = a**2 * VARIANCE + s**2
        score = -off / total
        clean = MEAN + a * VARIANCE * off / total
        noise = s * off / total
        return {
            "x0": clean, "epsilon": noise, "score": score, "v": a * noise - s * clean, "velocity": noise - clean,
        }[self.prediction]  # fmt: skip


def exported(network):
    """The manual's lines."""
    n = torch.export.Dim("n")
    program = torch.onnx.export(
        network, (torch.zeros(2, 2), torch.zeros(2)), dynamo=True, input_names=["x", "t"], output_names=["out"],
        dynamic_shapes=({0: n}, {0: n}), external_data=False, verbose=False,
    )  # fmt: skip
    buffer = io.BytesIO()
    onnx.save(program.model_proto, buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def files():
    return {kind: exported(Exact(kind)) for kind in ("x0", "epsilon", "score", "v", "velocity")}


def sidecar(prediction, more=""):
    time = '\ntime = "data-to-noise"' if prediction == "velocity" else ""
    return SIDECAR.format(f'prediction = "{prediction}"{time}{more}')


@pytest.mark.parametrize("prediction", ["x0", "epsilon", "score", "v", "velocity"])
@pytest.mark.parametrize(("alpha", "sigma"), [(0.5, 0.5), (1.0, 0.3), (0.2, 2.0), (0.9, 0.05), (0.02, 1.0)])
def test_any_prediction_gives_the_exact_field_at_any_noise_level(files, prediction, alpha, sigma):
    """Trained (as it were) along one process it is asked along others: only σ/α counts."""
    field = foreign_from_bytes(files[prediction], sidecar(prediction)).field()
    p = GaussianMixture(torch.ones(1), MEAN[None], VARIANCE * torch.eye(2)[None])
    truth = MixtureField(p)
    x = p.noised(alpha, sigma).sample(200, generator=torch.Generator().manual_seed(0)).T.contiguous()
    scale = max(1.0, 1 / sigma)
    torch.testing.assert_close(field.score(x, alpha, sigma), truth.score(x, alpha, sigma), rtol=1e-3, atol=2e-4 * scale)
    torch.testing.assert_close(
        field.denoise(x, alpha, sigma), truth.denoise(x, alpha, sigma), rtol=1e-3, atol=1e-3 / alpha
    )
    score, divergence = field.score_and_divergence(x, alpha, sigma)
    exact = -2 / (alpha**2 * VARIANCE + sigma**2)
    torch.testing.assert_close(divergence, torch.full_like(divergence, exact), rtol=5e-3, atol=5e-3 * scale)
    torch.testing.assert_close(score, field.score(x, alpha, sigma))


def test_the_models_own_metadata_comes_before_the_file_beside_it(files):
    model = onnx.load_model_from_string(files["epsilon"])
    model.metadata_props.add(key="visualizer", value=sidecar("epsilon").replace("0.999", "0.9"))
    net = foreign_from_bytes(model.SerializeToString(), sidecar("v"))
    assert (net.prediction, net.t_max, net.d) == ("epsilon", 0.9, 2)
    assert net.process == process("linear")


def test_many_particles_go_through_in_pieces(files):
    field = foreign_from_bytes(files["score"], sidecar("score")).field()
    x = torch.randn(2, 70_000, generator=torch.Generator().manual_seed(1))
    whole = field.score(x, 0.5, 0.5)
    torch.testing.assert_close(whole[:, -10:], field.score(x[:, -10:].contiguous(), 0.5, 0.5))


def told(x_type=1, t_type=1, column=False, second=False, names=("x", "t")):
    """The ε of N(0, I/4) along α = cos, σ = sin of tπ/2, by numbers of any type, times of any shape."""
    scale = np.pi / 2 / (1000 if t_type == 7 else 1)
    numbers = {"s": scale, "q": 0.25}
    of = {1: np.float32, 11: np.float64}[x_type]
    constants = [numpy_helper.from_array(np.array(v, of), k) for k, v in numbers.items()]
    constants.append(numpy_helper.from_array(np.array([1], np.int64), "axis"))
    nodes = [
        helper.make_node("Cast", [names[1]], ["tf"], to=x_type), helper.make_node("Mul", ["tf", "s"], ["angle"]),
        helper.make_node("Cos", ["angle"], ["a"]), helper.make_node("Sin", ["angle"], ["b"]),
        helper.make_node("Mul", ["a", "a"], ["aa"]), helper.make_node("Mul", ["b", "b"], ["bb"]),
        helper.make_node("Mul", ["aa", "q"], ["aaq"]), helper.make_node("Add", ["aaq", "bb"], ["v"]),
        helper.make_node("Div", ["b", "v"], ["c"]),
        helper.make_node("Identity", ["c"], ["cc"]) if column else helper.make_node("Unsqueeze", ["c", "axis"], ["cc"]),
        helper.make_node("Mul", [names[0], "cc"], ["out"]), helper.make_node("Sub", [names[0], "out"], ["clean"]),
    ]  # fmt: skip
    inputs = [value(names[0], x_type, ["n", 2]), value(names[1], t_type, ["n", 1] if column else ["n"])]
    outputs = [value("out", x_type, ["n", 2])] + [value("clean", x_type, ["n", 2])] * second
    return graph(nodes, constants, inputs, outputs).SerializeToString()


OTHER_PLUGS = [
    {}, {"t_type": 7}, {"x_type": 11, "t_type": 11}, {"x_type": 11}, {"column": True}, {"second": True},
    {"names": ("sample", "timestep")}, {"t_type": 7, "column": True, "names": ("latent", "step")},
]  # fmt: skip


@pytest.mark.parametrize("plugs", OTHER_PLUGS, ids=str)
def test_names_types_and_shapes_of_others_are_understood(plugs):
    """A hundred steps of DDIM come to N(0, I/4): the standard error of a standard deviation is std/√(2 · 2N)."""
    net = foreign_from_bytes(told(**plugs), TRIGONOMETRIC)
    q, field, n = net.process, net.field(), 4000
    x = torch.randn(2, n, generator=torch.Generator().manual_seed(0))
    times = np.linspace(0.99, 0.01, 101)
    for t, later in pairwise(times):
        a, s = q.alpha(float(t)), q.sigma(float(t))
        noise = -s * field.score(x, a, s)
        x = q.alpha(float(later)) * (x - s * noise) / a + q.sigma(float(later)) * noise
    error = 0.5 / (4 * n) ** 0.5
    assert float(x.std()) == pytest.approx(0.5, abs=4 * error + 2e-3)  # DDIM itself is off by 1e-3 at 100 steps


TRIGONOMETRIC = 'prediction = "epsilon"\nt_min = 0.01\nt_max = 0.99\n[process]\nkind = "vp-trigonometric"\n'


def test_steps_are_counted_as_the_file_beside_says():
    asked = foreign_from_bytes(told(t_type=7), TRIGONOMETRIC.replace("t_min", "steps = 500\nt_min", 1)).asked()
    x = np.ones((3, 2), np.float32)
    angle = 250 * np.pi / 2 / 1000  # half of 500 steps, as the network counts them
    expected = np.sin(angle) / (np.cos(angle) ** 2 / 4 + np.sin(angle) ** 2)
    np.testing.assert_allclose(asked(x, 0.5), expected, rtol=1e-6)


def test_the_direction_of_a_velocitys_time_must_be_said_and_is_followed(files):
    """The same field told either way: noise at 0 in the file is noise at t_max here, and dx/dt changes its sign."""
    turned = Turned()
    net = foreign_from_bytes(exported(turned), SIDECAR.format('prediction = "velocity"\ntime = "noise-to-data"'))
    plain = foreign_from_bytes(files["velocity"], sidecar("velocity"))
    assert (net.t_min, net.t_max) == pytest.approx((plain.t_min, plain.t_max))
    x = torch.randn(2, 100, generator=torch.Generator().manual_seed(0))
    for alpha, sigma in ((0.9, 0.1), (0.5, 0.5), (0.1, 0.9)):
        torch.testing.assert_close(
            net.field().score(x, alpha, sigma), plain.field().score(x, alpha, sigma), rtol=1e-4, atol=1e-4
        )
    with pytest.raises(NetError, match="which way its time runs"):
        foreign_from_bytes(files["velocity"], SIDECAR.format('prediction = "velocity"'))


class Turned(torch.nn.Module):
    """The velocity as most people train it: noise at 0, data at 1."""

    def forward(self, x, t):
        return -Exact("velocity")(x, 1 - t)


# what is refused


def graph(nodes, initializers=(), inputs=None, outputs=None, **model):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2])
    t = helper.make_tensor_value_info("t", TensorProto.FLOAT, ["n"])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 2])
    made = helper.make_graph(nodes, "g", inputs or [x, t], outputs or [out], list(initializers))
    opsets = [helper.make_opsetid("", 18), *model.pop("opsets", [])]
    return helper.make_model(made, opset_imports=opsets, ir_version=10, **model)


def node(kind, inputs, outputs=("out",), **attributes):
    return helper.make_node(kind, list(inputs), list(outputs), **attributes)


def external():
    tensor = numpy_helper.from_array(np.ones((2, 2), np.float32), "w")
    onnx.external_data_helper.set_external_data(tensor, "/etc/passwd")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    return graph([node("MatMul", ["x", "w"])], [tensor])


def hidden_external():
    tensor = external().graph.initializer[0]
    branch = helper.make_graph(
        [helper.make_node("Constant", [], ["y"], value=tensor)],
        "b",
        [],
        [helper.make_tensor_value_info("y", 1, [2, 2])],
    )
    flag = numpy_helper.from_array(np.array(True), "flag")
    return graph(
        [node("If", ["flag"], ["z"], then_branch=branch, else_branch=branch), node("MatMul", ["x", "z"])], [flag]
    )


def endless():
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["d"]), helper.make_node("Identity", ["a"], ["b"])], "body",
        [helper.make_tensor_value_info("i", 7, []), helper.make_tensor_value_info("c", 9, []), helper.make_tensor_value_info("a", 1, ["n", 2])],
        [helper.make_tensor_value_info("d", 9, []), helper.make_tensor_value_info("b", 1, ["n", 2])],
    )  # fmt: skip
    return graph([node("Loop", ["", "yes", "x"], body=body)], [numpy_helper.from_array(np.array(True), "yes")])


def huge():
    shape = numpy_helper.from_array(np.array([1 << 20, 1 << 14], np.int64), "shape")
    return graph(
        [
            node("ConstantOfShape", ["shape"], ["big"]),
            node("ReduceSum", ["big"], ["sum"], keepdims=0),
            node("Add", ["x", "sum"]),
        ],
        [shape],
    )


def custom():
    return graph([helper.make_node("RunShell", ["x"], ["out"], domain="evil")], opsets=[helper.make_opsetid("evil", 1)])


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (external, "weights lie in other files"),
        (hidden_external, "weights lie in other files"),
        (endless, "uses Loop"),
        (custom, r"operator evil\.RunShell"),
        (huge, "cannot be run"),
        (
            lambda: graph([node("Identity", ["x"], [f"y{i}"]) for i in range(20_001)] + [node("Identity", ["x"])]),
            "expected at most 20,000",
        ),
        (lambda: graph([node("Transpose", ["x"])]), r"it gave \(2, 64\)"),
        (lambda: graph([node("Log", ["x"])]), "not finite"),
        (lambda: graph([node("Identity", ["x"])], inputs=[value("x", 1, ["n", 2])]), "expected inputs x"),
        (
            lambda: graph([node("Identity", ["x"])], inputs=[value("x", 10, ["n", 2]), value("t", 1, ["n"])]),
            "of float32 or float64",
        ),
        (
            lambda: graph([node("Identity", ["x"])], inputs=[value("x", 1, ["n", 3]), value("t", 1, ["n"])]),
            r"one or two dimensions.*found 3",
        ),
        (
            lambda: graph([node("Identity", ["x"])], inputs=[value("x", 1, [8, 2]), value("t", 1, [8])]),
            "fixed number of places",
        ),
    ],
)
def test_models_that_do_what_a_score_network_need_not_are_refused(make, message):
    begin = time.perf_counter()
    with pytest.raises(NetError, match=message):
        foreign_from_bytes(make().SerializeToString(), sidecar("score"))
    assert time.perf_counter() - begin < 60  # not a speed test: it ends


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "does not say what it predicts"),
        ("prediction = ", "not TOML"),
        ('prediction = "pixels"\n[process]\nkind = "ve"', "prediction"),
        ('prediction = "score"', "process"),
        ('prediction = "score"\n[process]\nkind = "magic"', "unknown process"),
        ('prediction = "score"\nt_min = 0.9\nt_max = 0.1\n[process]\nkind = "vp-cosine"', "t_min below t_max"),
        ('prediction = "score"\nt_max = 3.0\n[process]\nkind = "vp-cosine"', "within 0…1"),
        ('prediction = "score"\ncommand = "rm"\n[process]\nkind = "vp-cosine"', "command"),
    ],
)
def test_what_is_said_of_a_model_is_checked(files, text, message):
    with pytest.raises(NetError, match=message):
        foreign_from_bytes(files["score"], text)


@pytest.mark.parametrize("data", [b"", b"nonsense", b"PK\x03\x04", b"\x80\x04\x95"])
def test_what_is_no_model_is_refused(data):
    with pytest.raises(NetError, match=r"not an ONNX file|PyTorch archive|pickle"):
        foreign_from_bytes(data, sidecar("score"))


def test_a_cut_model_is_refused(files):
    for part in (0.2, 0.5, 0.9):
        with pytest.raises(NetError):
            foreign_from_bytes(files["v"][: int(part * len(files["v"]))], sidecar("v"))


def test_a_model_that_runs_for_ever_is_stopped(monkeypatch):
    """Not by a loop but by sheer work: the probe has a clock."""
    from visualizer.learning import foreign

    monkeypatch.setattr(foreign, "_PROBE_SECONDS", 0.3)
    w = numpy_helper.from_array(np.eye(1500, dtype=np.float32), "w")
    # What depends on x cannot be folded away beforehand.
    start = [node("ReduceMean", ["x"], ["m"], keepdims=0), node("Mul", ["w", "m"], ["w2"])]
    steps = (
        start
        + [node("MatMul", ["w2", "w"], ["a0"])]
        + [node("MatMul", [f"a{i}", "w"], [f"a{i + 1}"]) for i in range(400)]
    )
    end = [node("ReduceMean", ["a400"], ["k"], keepdims=0), node("Add", ["x", "k"])]
    with pytest.raises(NetError, match=r"took longer than 0\.3 s"):
        foreign_from_bytes(graph([*steps, *end], [w]).SerializeToString(), sidecar("score"))


def test_the_manuals_lines_export_a_network_that_is_followed(tmp_path, monkeypatch):
    """Runs the code of the manual, for a network written here, and follows what comes of it."""
    text = (Path(__file__).parents[2] / "resources" / "manual" / "networks.md").read_text("utf-8")
    section = text[text.index("**Foreign networks**") :]
    code, beside = (section.split(f"```{kind}\n")[1].split("```")[0] for kind in ("python", "toml"))
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)

    class Mine(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.Sequential(torch.nn.Linear(3, 32), torch.nn.Tanh(), torch.nn.Linear(32, 2))

        def forward(self, x, t):
            return self.layers(torch.cat([x, t[:, None]], 1))

    network = Mine().eval()
    exec(code, {"torch": torch, "network": network})  # our own manual
    (tmp_path / "net.toml").write_text(beside, "utf-8")
    scene = parse_scene(THREE_MODES).with_(field={"kind": "learned", "file": str(tmp_path / "net.onnx")})
    field = net_in_file(scene.field.file).field()
    q, t = process("vp-cosine"), 0.4
    x = torch.randn(2, 50)
    with torch.no_grad():
        expected = network(x.T, torch.full((50,), t)).T / -q.sigma(t)
    torch.testing.assert_close(field.score(x, q.alpha(t), q.sigma(t)), expected, rtol=1e-4, atol=1e-5)
    simulation = Simulation(scene.with_(sampler={"kind": "ddim", "steps": 4}, particles={"count": 20}), "cpu")
    simulation.advance(4)
    assert bool(torch.isfinite(simulation.state.x).all())


def test_weights_elsewhere_are_found_inside_functions_too():
    tensor = external().graph.initializer[0]
    out = helper.make_tensor_value_info("y", 1, [2, 2])
    branch = helper.make_graph([helper.make_node("Identity", ["w"], ["y"])], "b", [], [out], [tensor])
    choose = helper.make_node("If", ["flag"], ["z"], then_branch=branch, else_branch=branch)
    function = helper.make_function("mine", "F", ["flag"], ["z"], [choose], [helper.make_opsetid("", 18)])
    call = helper.make_node("F", ["flag"], ["z"], domain="mine")
    flag = numpy_helper.from_array(np.array(True), "flag")
    model = graph([call, node("MatMul", ["x", "z"])], [flag], opsets=[helper.make_opsetid("mine", 1)])
    model.functions.append(function)
    with pytest.raises(NetError, match="weights lie in other files"):
        foreign_from_bytes(model.SerializeToString(), sidecar("score"))


def test_work_on_constants_is_not_done_while_a_file_is_loaded(monkeypatch):
    """Folded while it is loaded, no clock could stop it."""
    from visualizer.learning import foreign

    monkeypatch.setattr(foreign, "_PROBE_SECONDS", 0.3)
    w = numpy_helper.from_array(np.eye(1500, dtype=np.float32), "w")
    steps = [node("MatMul", ["w", "w"], ["a0"])] + [node("MatMul", [f"a{i}", "w"], [f"a{i + 1}"]) for i in range(400)]
    end = [node("ReduceMean", ["a400"], ["k"], keepdims=0), node("Add", ["x", "k"])]
    with pytest.raises(NetError, match=r"took longer than 0\.3 s"):
        foreign_from_bytes(graph([*steps, *end], [w]).SerializeToString(), sidecar("score"))


def test_a_corrected_file_beside_the_model_counts_at_once(files, tmp_path):
    (tmp_path / "net.onnx").write_bytes(files["score"])
    field = LearnedField(file=str(tmp_path / "net.onnx"))
    for prediction in ("v", "score"):
        (tmp_path / "net.toml").write_text(sidecar(prediction))
        assert net_in_file(field.file).prediction == prediction
