// The player: a mixture in the plane, its balls, and what is set by hand. No requests, nothing stored.
(function () {
  "use strict";
  var scene = JSON.parse(document.getElementById("player-scene").textContent);
  var M = Mathematics, mixture = scene.mixture, view = scene.view;
  var SAMPLERS = [["langevin", "Langevin"], ["mala", "MALA"], ["hmc", "HMC"], ["forward", "Forward diffusion"],
                  ["reverse", "Reverse diffusion"]];
  var set = { sampler: scene.sampler, sigma: scene.sigma, step: scene.step, count: scene.count,
              lambda: scene.lambda, leapfrog_steps: scene.leapfrog_steps };
  var cloud, playing = false, drag = -1, stale = true, parts;

  function element(kind, attributes, parent) {
    var e = document.createElement(kind);
    Object.keys(attributes).forEach(function (name) {
      if (name === "text") e.textContent = attributes[name]; else e.setAttribute(name, attributes[name]);
    });
    parent.appendChild(e);
    return e;
  }

  var root = document.getElementById("player");
  var stage = element("div", { "class": "stage" }, root);
  var field = element("canvas", { "aria-hidden": "true" }, stage);
  var dots = element("canvas", { "aria-hidden": "true" }, stage);
  var top = element("canvas", { tabindex: "0", role: "img",
    "aria-label": "The density, the balls, and the modes to drag" }, stage);
  var bar = element("div", { "class": "bar" }, root);
  var play = element("button", { type: "button", text: "Play" }, bar);
  var again = element("button", { type: "button", text: "Restart" }, bar);
  var choice = element("select", { "aria-label": "Sampler" }, bar);
  SAMPLERS.forEach(function (s) { element("option", { value: s[0], text: s[1] }, choice); });
  choice.value = set.sampler;
  var told = element("output", {}, bar);

  function slider(name, tip, low, high, key) { // logarithmic; the low end of σ is 0
    var label = element("label", { title: tip }, bar), text = element("span", {}, label);
    var input = element("input", { type: "range", min: 0, max: 1, step: 0.001 }, label);
    function show() { text.textContent = name + " " + Number(set[key].toPrecision(3)); }
    input.value = set[key] <= low ? 0 : Math.log(set[key] / low) / Math.log(high / low);
    input.addEventListener("input", function () {
      set[key] = Number(input.value) === 0 && key === "sigma" ? 0 : low * Math.pow(high / low, Number(input.value));
      if (key === "count") { set.count = Math.round(set.count); restart(); }
      show(); stale = true; frame();
    });
    show();
    return label;
  }
  var noise = slider("σ", "Noise that smooths the density: at more of it the modes merge", 0.02, 8, "sigma");
  var size = slider("step h", "Size of a step of the chain", 0.001, 1, "step");
  slider("balls", "Number of balls", 100, 20000, "count");

  function ofChain() { return set.sampler !== "forward" && set.sampler !== "reverse"; }

  function restart() {
    cloud = { x: new Float64Array(set.count), y: new Float64Array(set.count), step: 0, seed: scene.seed };
    M.begin(cloud, mixture, set.sampler === "reverse" ? { kind: "gaussian", at: [0, 0], std: scene.table.prior_std }
      : set.sampler === "forward" ? { kind: "target" } : scene.start);
    stale = true;
  }

  function level() { // α and σ of what is shown
    if (ofChain()) return [1, set.sigma];
    var n = Math.min(cloud.step - 1, scene.table.t.length - 1), k = set.sampler === "reverse" ? scene.table.t.length - 1 - n : n;
    return [scene.table.alpha[k], scene.table.sigma[k]];
  }

  function advance() {
    var n = cloud.step - 1;
    if (!ofChain() && n >= scene.table.t.length - 1) { setPlaying(false); return; }
    var o = { step: set.step, lambda: set.lambda, leapfrog_steps: set.leapfrog_steps };
    if (ofChain()) {
      if (stale || !parts) parts = M.noised(mixture, 1, set.sigma);
      var share = M.samplers[set.sampler](cloud, parts, o);
      told.textContent = "step " + cloud.step + (share === undefined ? "" : ", accepted " + Math.round(100 * share) + " %");
    } else {
      M.samplers[set.sampler](cloud, mixture, o, scene.table, n);
      stale = true;
      told.textContent = "step " + cloud.step + " of " + (scene.table.t.length - 1);
    }
    cloud.step++;
  }

  // drawing

  function rgb(colour) { return [1, 3, 5].map(function (i) { return parseInt(colour.substr(i, 2), 16); }); }
  var ink = scene.colours, dense = rgb(ink.density), peak = rgb(ink.density_peak), ball = rgb(ink.particles);

  function px(x) { return (x - view[0]) / (view[1] - view[0]) * top.width; }
  function py(y) { return (view[3] - y) / (view[3] - view[2]) * top.height; }

  function paintField() {
    var w = Math.max(2, Math.round(top.width / 5)), h = Math.max(2, Math.round(top.height / 5));
    var at = level();
    parts = M.noised(mixture, at[0], at[1]);
    field.width = w; field.height = h;
    var context = field.getContext("2d"), image = context.createImageData(w, h), values = new Float64Array(w * h), most = -Infinity;
    for (var j = 0; j < h; j++) for (var i = 0; i < w; i++) {
      var v = M.score(parts, view[0] + (i + 0.5) / w * (view[1] - view[0]), view[3] - (j + 0.5) / h * (view[3] - view[2]))[2];
      values[j * w + i] = v; if (v > most) most = v;
    }
    for (var k = 0; k < w * h; k++) {
      var u = Math.exp(values[k] - most), whiter = Math.max(0, u - 0.6) / 0.4;
      for (var c = 0; c < 3; c++) image.data[4 * k + c] = dense[c] + whiter * (peak[c] - dense[c]);
      image.data[4 * k + 3] = 255 * Math.min(1, 1.25 * Math.pow(u, 0.75)) * 0.8;
    }
    context.putImageData(image, 0, 0);
  }

  var gl = dots.getContext("webgl2", { premultipliedAlpha: true, antialias: false, preserveDrawingBuffer: true }), program, place, buffer;
  if (gl) {
    program = gl.createProgram();
    [[gl.VERTEX_SHADER, "#version 300 es\nin vec2 p; uniform vec4 view; uniform float size; void main() {" +
      " gl_Position = vec4((p.x - view.x) / (view.y - view.x) * 2.0 - 1.0, (p.y - view.z) / (view.w - view.z) * 2.0 - 1.0, 0.0, 1.0);" +
      " gl_PointSize = size; }"],
     [gl.FRAGMENT_SHADER, "#version 300 es\nprecision mediump float; uniform vec4 ink; out vec4 o; void main() {" +
      " if (length(gl_PointCoord - 0.5) > 0.5) discard; o = vec4(ink.rgb * ink.a, ink.a); }"]].forEach(function (s) {
      var shader = gl.createShader(s[0]);
      gl.shaderSource(shader, s[1]); gl.compileShader(shader); gl.attachShader(program, shader);
    });
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) { // a canvas that was asked for WebGL gives nothing else
      var fresh = dots.cloneNode();
      stage.replaceChild(fresh, dots);
      dots = fresh; gl = null;
    }
  }
  if (gl) { place = gl.getAttribLocation(program, "p"); buffer = gl.createBuffer(); }

  function paintBalls() {
    var n = cloud.x.length, side = window.devicePixelRatio * (n > 5000 ? 1.6 : n > 1000 ? 2.4 : 4), alpha = n > 5000 ? 0.5 : 0.8;
    if (gl) {
      var xy = new Float32Array(2 * n);
      for (var i = 0; i < n; i++) { xy[2 * i] = cloud.x[i]; xy[2 * i + 1] = cloud.y[i]; }
      gl.viewport(0, 0, dots.width, dots.height); gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT);
      gl.enable(gl.BLEND); gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA); gl.useProgram(program);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.bufferData(gl.ARRAY_BUFFER, xy, gl.DYNAMIC_DRAW);
      gl.enableVertexAttribArray(place); gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 0, 0);
      gl.uniform4f(gl.getUniformLocation(program, "view"), view[0], view[1], view[2], view[3]);
      gl.uniform1f(gl.getUniformLocation(program, "size"), side);
      gl.uniform4f(gl.getUniformLocation(program, "ink"), ball[0] / 255, ball[1] / 255, ball[2] / 255, alpha);
      gl.drawArrays(gl.POINTS, 0, n);
      return;
    }
    var context = dots.getContext("2d");
    context.clearRect(0, 0, dots.width, dots.height);
    context.fillStyle = "rgba(" + ball + "," + alpha + ")";
    for (var k = 0; k < n; k++) context.fillRect(px(cloud.x[k]) - side / 2, py(cloud.y[k]) - side / 2, side, side);
  }

  function paintTop() {
    var context = top.getContext("2d"), ratio = window.devicePixelRatio;
    context.clearRect(0, 0, top.width, top.height);
    context.lineWidth = 1.6 * ratio; context.strokeStyle = ink.text; context.fillStyle = ink.window;
    var at = level();
    mixture.means.forEach(function (m, k) {
      context.beginPath();
      context.arc(px(at[0] * m[0]), py(at[0] * m[1]), (k === drag ? 9 : 6.5) * ratio, 0, 2 * Math.PI);
      context.globalAlpha = 0.55; context.fill(); context.globalAlpha = 1; context.stroke();
    });
  }

  function frame() {
    if (stale) paintField();
    stale = false;
    paintBalls(); paintTop();
  }

  function fit() {
    var ratio = window.devicePixelRatio;
    [dots, top].forEach(function (c) { c.width = Math.round(stage.clientWidth * ratio); c.height = Math.round(stage.clientHeight * ratio); });
    stale = true; frame();
  }

  // by hand

  function setPlaying(on) {
    playing = on;
    play.textContent = on ? "Pause" : "Play";
    if (on) window.requestAnimationFrame(run);
  }
  function run() {
    if (!playing) return;
    advance(); frame();
    window.requestAnimationFrame(run);
  }
  function begin() {
    if (!ofChain() && cloud.step - 1 >= scene.table.t.length - 1) restart();
    setPlaying(!playing);
  }
  function shown() { noise.hidden = size.hidden = !ofChain(); }
  play.addEventListener("click", begin);
  again.addEventListener("click", function () { restart(); told.textContent = ""; frame(); });
  choice.addEventListener("change", function () { set.sampler = choice.value; shown(); restart(); told.textContent = ""; frame(); });

  function where(event) {
    var box = top.getBoundingClientRect();
    return [view[0] + (event.clientX - box.left) / box.width * (view[1] - view[0]),
            view[3] - (event.clientY - box.top) / box.height * (view[3] - view[2])];
  }
  top.addEventListener("pointerdown", function (event) {
    var at = where(event), near = 0.03 * (view[1] - view[0]), scale = level()[0];
    mixture.means.forEach(function (m, k) {
      var away = Math.hypot(scale * m[0] - at[0], scale * m[1] - at[1]);
      if (away < near) { near = away; drag = k; }
    });
    if (drag >= 0) top.setPointerCapture(event.pointerId);
  });
  top.addEventListener("pointermove", function (event) {
    if (drag < 0) return;
    var scale = Math.max(level()[0], 0.05);
    mixture.means[drag] = where(event).map(function (v) { return v / scale; });
    stale = true; if (!playing) frame();
  });
  ["pointerup", "pointercancel"].forEach(function (name) {
    top.addEventListener(name, function () { drag = -1; frame(); });
  });
  document.addEventListener("keydown", function (event) {
    var ours = event.target === document.body || event.target === top;
    if (!ours || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") { event.preventDefault(); begin(); }
    if (event.key === "r") { restart(); frame(); }
  });
  window.addEventListener("resize", fit);
  shown(); restart(); fit();
})();
