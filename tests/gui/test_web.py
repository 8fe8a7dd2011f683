"""Web pages: what is in them, that they bring their scene back, and the player's mathematics against torch."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PySide6.QtQml import QJSEngine

from visualizer.cli import main
from visualizer.densities import GaussianMixture
from visualizer.engine.player import for_page, refusal, table
from visualizer.processes import process
from visualizer.samplers.base import SINGULAR_ALPHA
from visualizer.scene import load_scene
from visualizer.scene.link import from_link
from visualizer.scene.paths import data_folder

COUNT, SEED = 40, 7
MASK = 0xFFFFFFFF


def philox(counter, key):
    """Philox4x32-10 by Python's own integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & MASK, (a >> 32) ^ c[3] ^ k[1], a & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def draws(step, stream=0):
    """Two normals and a uniform for each particle, as the player draws them: (3, N)."""
    w = (np.array([philox((i, step, stream, 0), (SEED, 0)) for i in range(COUNT)]) + 0.5) / 2.0**32
    r, a = np.sqrt(-2 * np.log(w[:, 0])), 2 * math.pi * w[:, 1]
    return torch.from_numpy(np.stack([r * np.cos(a), r * np.sin(a), w[:, 2]]))


class Page(QJSEngine):
    """The player's mathematics in an engine without a browser."""

    def __init__(self):
        super().__init__()
        self.run((data_folder("resources") / "player" / "mathematics.js").read_text("utf-8"))

    def run(self, text):
        value = self.evaluate(text)
        assert not value.isError(), value.toString()
        return value.toVariant()


@pytest.fixture(scope="module")
def js(qapp):
    return Page()


@pytest.fixture(scope="module")
def scene():
    return load_scene("trapped")


@pytest.fixture(scope="module")
def mixture(scene):
    t = scene.target
    return GaussianMixture(*(torch.tensor(v, dtype=torch.float64) for v in (t.weights, t.means, t.covariances)))


def test_philox_gives_the_known_words(js):
    """The known answers of Random123's own tests (Salmon et al. 2011), and Python's integers elsewhere."""
    assert js.run("Mathematics.philox(0, 0, 0, 0, 0, 0)") == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    ones = ",".join(["0xFFFFFFFF"] * 6)
    assert js.run(f"Mathematics.philox({ones})") == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    rng = np.random.default_rng(0)
    for _ in range(20):
        *c, k0, k1 = (int(v) for v in rng.integers(0, 2**32, 6))
        assert js.run(f"Mathematics.philox({','.join(map(str, (*c, k0, k1)))})") == philox(c, (k0, k1))


def test_scores_are_those_of_torch(js, scene, mixture):
    data = json.dumps(for_page(scene, (-5, 5, -5, 5))["mixture"])
    x = 3 * torch.randn(60, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for alpha, sigma in ((1.0, 0.0), (0.8, 0.6), (0.1, 3.0)):
        p = mixture.noised(alpha, sigma)
        wanted = torch.cat([p.score(x), p.log_prob(x)[:, None]], 1).numpy()
        js.run(f"var parts = Mathematics.noised({data}, {alpha}, {sigma})")
        found = np.array([js.run(f"Mathematics.score(parts, {a!r}, {b!r})") for a, b in x.tolist()])
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def start(js, scene, kind):
    data = json.dumps(for_page(scene, (-5, 5, -5, 5)))
    begin = {"reverse": "{kind: 'gaussian', at: [0, 0], std: scene.table.prior_std}"}.get(kind, "{kind: 'target'}")
    js.run(
        f"var scene = {data}; var cloud = {{x: new Float64Array({COUNT}), y: new Float64Array({COUNT}), seed: {SEED}}};"
        f"Mathematics.begin(cloud, scene.mixture, {begin}); var parts = Mathematics.noised(scene.mixture, 1, 0.3);"
        "var o = {step: 0.05, leapfrog_steps: 6, lambda: 1.0};"
    )


def cloud(js):
    return torch.tensor(js.run("[Array.from(cloud.x), Array.from(cloud.y)]"), dtype=torch.float64)


def langevin(p, x, xi):
    return x + 0.05 * p.score(x.T).T + math.sqrt(0.1) * xi[:2]


def mala(p, x, xi):
    h = 0.05
    y = langevin(p, x, xi)

    def log_q(to, at):
        return -(to - at - h * p.score(at.T).T).square().sum(0) / (4 * h)

    log = p.log_prob(y.T) - p.log_prob(x.T) + log_q(x, y) - log_q(y, x)
    return torch.where(xi[2].log() < log, y, x)


def hmc(p, x, xi):
    y, v = x, xi[:2]
    for _ in range(6):
        v = v + 0.025 * p.score(y.T).T
        y = y + 0.05 * v
        v = v + 0.025 * p.score(y.T).T
    log = p.log_prob(y.T) - p.log_prob(x.T) + 0.5 * (xi[:2].square() - v.square()).sum(0)
    return torch.where(xi[2].log() < log, y, x)


@pytest.mark.parametrize("step", [langevin, mala, hmc])
def test_a_hundred_steps_of_a_chain_are_those_of_torch(js, scene, mixture, step):
    start(js, scene, step.__name__)
    x, p = cloud(js), mixture.noised(1.0, 0.3)
    begun = x
    for n in range(1, 101):
        js.run(f"Mathematics.samplers.{step.__name__}(cloud, parts, o); cloud.step++")
        x = step(p, x, draws(n))
    torch.testing.assert_close(cloud(js), x, atol=1e-9, rtol=0)
    assert not torch.equal(x, begun)


@pytest.mark.parametrize("kind", ["vp-cosine", "ve", "vp-linear"])
@pytest.mark.parametrize("lam", [0.0, 1.0])
def test_a_hundred_steps_back_are_those_of_torch(js, scene, mixture, kind, lam):
    start(js, scene.with_(process={"kind": kind}), "reverse")
    js.run(f"o.lambda = {lam}")
    q, x = process(kind), cloud(js)
    t = table(q)["t"]
    for n in range(100):
        js.run(f"Mathematics.samplers.reverse(cloud, scene.mixture, o, scene.table, {n}); cloud.step++")
        now, then, xi = t[-1 - n], t[-2 - n], draws(n + 1)[:2]
        if q.alpha(now) < SINGULAR_ALPHA:  # the denoising iteration: D is the mean there
            x = q.alpha(then) * mixture.mean[:, None] + q.sigma(then) * (
                math.sqrt(1 - lam**2) * x / q.sigma(now) + lam * xi
            )
            continue
        g2, dt = q.diffusion2(now), now - then
        score = mixture.noised(q.alpha(now), q.sigma(now)).score(x.T).T
        x = x - (q.drift(now) * x - 0.5 * (1 + lam**2) * g2 * score) * dt + lam * math.sqrt(g2 * dt) * xi
    torch.testing.assert_close(cloud(js), x, atol=1e-9, rtol=0)


def test_forward_steps_lead_to_the_prior_exactly(js, scene):
    start(js, scene.with_(process={"kind": "vp-cosine"}), "forward")
    q, x = process("vp-cosine"), cloud(js)
    t = table(q)["t"]
    for n in range(200):
        js.run(f"Mathematics.samplers.forward(cloud, scene.mixture, o, scene.table, {n}); cloud.step++")
        ratio = q.alpha(t[n + 1]) / q.alpha(t[n])
        x = ratio * x + math.sqrt(max(0.0, q.sigma(t[n + 1]) ** 2 - (ratio * q.sigma(t[n])) ** 2)) * draws(n + 1)[:2]
    torch.testing.assert_close(cloud(js), x, atol=1e-9, rtol=0)


def test_balls_begin_as_draws_of_the_mixture(js, scene, mixture):
    js.run(f"var scene = {json.dumps(for_page(scene, (-5, 5, -5, 5)))}")
    n = 4000
    js.run(f"var cloud = {{x: new Float64Array({n}), y: new Float64Array({n}), seed: 1}}")
    js.run("Mathematics.begin(cloud, scene.mixture, {kind: 'target'})")
    x = cloud(js)
    off = (x.mean(1) - mixture.mean) / (mixture.covariance.diagonal() / n).sqrt()
    assert float(off.abs().max()) < 4
    js.run("Mathematics.begin(cloud, scene.mixture, {kind: 'mode', index: 1})")
    x = cloud(js)
    covariance = mixture.covariances[1]
    spread = ((covariance.diagonal()[:, None] * covariance.diagonal() + covariance.square()) / n).sqrt()
    assert ((torch.cov(x) - covariance).abs() < 4 * spread).all()


class Read(HTMLParser):
    """Tags, and what stands in scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.inside, self._in = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._in = (tag, dict(attributes)) if tag in ("script", "style", "textarea", "title") else None

    def handle_endtag(self, tag):
        self._in = None

    def handle_data(self, data):
        if self._in:
            self.inside.append((*self._in, data))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    scene = folder / "mine.toml"
    scene.write_text(
        (data_folder("presets") / "01-trapped.toml")
        .read_text()
        .replace('title = "', 'title = "</script><b>"', 1)
        .replace('</script><b>"', "</script><b>", 1)
    )
    out = folder / "mine.html"
    assert main(["render", str(scene), "-o", str(out), "--frames", "6", "--size", "320x180", "--device", "cpu"]) == 0
    return out


def test_a_page_asks_for_nothing_and_runs_only_its_own_script(page):
    text = page.read_text("utf-8")
    read = Read(text)
    policy = next(a["content"] for t, a in read.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag, kind in (("script", "script-src"), ("style", "style-src")):
        (inside,) = (d for t, a, d in read.inside if t == tag and not a.get("type"))
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    sources = [a[n] for _, a in read.tags for n in ("src", "href", "poster") if a.get(n)]
    assert sources
    assert all(s.startswith("data:") for s in sources)
    assert not re.search(r"https?://(?!www\.w3\.org|doi\.org)", text)
    assert not [t for t, _ in read.tags if t == "b"], "a title is text"
    assert not [a for _, a in read.tags if any(n.startswith("on") for n in a)]


def test_a_page_brings_its_scene_back(page):
    scene = load_scene(page)
    assert scene.title.startswith("</script><b>")
    assert scene.target == load_scene("trapped").target
    (link,) = (d for t, _, d in Read(page.read_text("utf-8")).inside if t == "textarea")
    assert from_link(link) == scene
    assert main(["check", str(page)]) == 0


def test_a_page_says_why_it_has_no_player():
    assert refusal(load_scene("trapped")) == ""
    assert "is another" in refusal(load_scene("two-moons"))
    assert "on a line" in refusal(load_scene("forward-river"))
    assert "network" in refusal(load_scene("a-flow"))


def test_many_pages_get_one_with_their_pictures(tmp_path):
    out = tmp_path / "site"
    arguments = [
        "render",
        "trapped",
        "two-moons",
        "-o",
        str(out),
        "--format",
        "html",
        "--frames",
        "2",
        "--size",
        "160x90",
    ]
    assert main([*arguments, "--device", "cpu"]) == 0
    assert sorted(p.name for p in out.iterdir()) == ["index.html", "trapped.html", "two-moons.html"]
    read = Read((out / "index.html").read_text("utf-8"))
    assert [a["href"] for t, a in read.tags if t == "a"] == ["trapped.html", "two-moons.html"]
    assert all(a["src"].startswith("data:image/jpeg;base64,/9j/") for t, a in read.tags if t == "img")
    assert "The player runs" in (out / "two-moons.html").read_text("utf-8")


def test_a_video_keeps_below_its_size(tmp_path):
    """Of two seconds of a hundred thousand particles; a WebP has no such bound."""
    out = tmp_path / "small.mp4"
    common = ["--frames", "40", "--size", "640x360", "--device", "cpu", "--fps", "20"]
    assert main(["render", "trapped", "-o", str(out), "--at-most", "0.05", *common]) == 0
    assert out.stat().st_size < 5e4
    free = tmp_path / "free.mp4"
    assert main(["render", "trapped", "-o", str(free), *common]) == 0
    assert free.stat().st_size > 5e4, "else the bound did nothing"
    gif = tmp_path / "small.gif"
    assert main(["render", "trapped", "-o", str(gif), "--at-most", "0.2", *common]) == 0
    assert 2e4 < gif.stat().st_size < 2e5
    assert load_scene(gif) == load_scene(free)
    assert main(["render", "trapped", "-o", str(tmp_path / "no.webp"), "--at-most", "1", *common]) == 2
