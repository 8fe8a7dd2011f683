// The mathematics of the player: Gaussian mixtures in the plane, their noised scores, and five samplers.
// In double precision throughout. A random number depends on the seed, the step and the particle alone.
var Mathematics = (function () {
  "use strict";

  // Philox4x32-10 (Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405): four words from a counter and a key.
  var words = new Uint32Array(4);

  function high(a, b) { // the upper 32 bits of a product of two words
    var al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
    var mid = ah * bl + Math.floor(al * bl / 65536);
    var low = al * bh + mid % 65536;
    return ah * bh + Math.floor(mid / 65536) + Math.floor(low / 65536);
  }

  function philox(c0, c1, c2, c3, k0, k1) {
    for (var round = 0; round < 10; round++) {
      var h0 = high(0xD2511F53, c0), l0 = Math.imul(0xD2511F53, c0) >>> 0;
      var h1 = high(0xCD9E8D57, c2), l1 = Math.imul(0xCD9E8D57, c2) >>> 0;
      c0 = (h1 ^ c1 ^ k0) >>> 0; c1 = l1;
      c2 = (h0 ^ c3 ^ k1) >>> 0; c3 = l0;
      k0 = (k0 + 0x9E3779B9) >>> 0; k1 = (k1 + 0xBB67AE85) >>> 0;
    }
    words[0] = c0; words[1] = c1; words[2] = c2; words[3] = c3;
  }

  // Two normals and a uniform of a particle at a step: drawn[0], drawn[1] ~ N(0, 1), drawn[2] ~ U(0, 1).
  var drawn = new Float64Array(3);

  function draw(seed, step, particle, stream) {
    philox(particle, step, stream, 0, seed, 0);
    var r = Math.sqrt(-2 * Math.log((words[0] + 0.5) / 4294967296)), a = 2 * Math.PI * ((words[1] + 0.5) / 4294967296);
    drawn[0] = r * Math.cos(a); drawn[1] = r * Math.sin(a); drawn[2] = (words[2] + 0.5) / 4294967296;
  }

  // p_t of a mixture {weights, means, covariances}: Σ w_k N(α μ_k, α² C_k + σ² I).
  function noised(mixture, alpha, sigma) {
    return mixture.weights.map(function (w, k) {
      var m = mixture.means[k], c = mixture.covariances[k];
      var xx = alpha * alpha * c[0][0] + sigma * sigma, xy = alpha * alpha * c[0][1];
      var yy = alpha * alpha * c[1][1] + sigma * sigma, det = xx * yy - xy * xy;
      return { logw: Math.log(w) - 0.5 * Math.log(det) - Math.log(2 * Math.PI), mx: alpha * m[0], my: alpha * m[1],
               a: yy / det, b: -xy / det, c: xx / det };
    });
  }

  // found[0], found[1] = ∇ log p and found[2] = log p at a place.
  var found = new Float64Array(3), logs = new Float64Array(4096);

  function score(parts, x, y) {
    var top = -Infinity, k, p, dx, dy;
    for (k = 0; k < parts.length; k++) {
      p = parts[k]; dx = x - p.mx; dy = y - p.my;
      logs[k] = p.logw - 0.5 * (p.a * dx * dx + 2 * p.b * dx * dy + p.c * dy * dy);
      if (logs[k] > top) top = logs[k];
    }
    var sum = 0, sx = 0, sy = 0;
    for (k = 0; k < parts.length; k++) {
      p = parts[k]; dx = x - p.mx; dy = y - p.my;
      var e = Math.exp(logs[k] - top);
      sum += e; sx -= e * (p.a * dx + p.b * dy); sy -= e * (p.b * dx + p.c * dy);
    }
    found[0] = sx / sum; found[1] = sy / sum; found[2] = top + Math.log(sum);
  }

  function mean(mixture) {
    var x = 0, y = 0;
    mixture.weights.forEach(function (w, k) { x += w * mixture.means[k][0]; y += w * mixture.means[k][1]; });
    return [x, y];
  }

  // Each sampler moves all particles of a cloud {x, y, step, seed} by one step.
  var samplers = {
    // x' = x + h ∇log p + √(2h) ξ
    langevin: function (cloud, parts, o) {
      var spread = Math.sqrt(2 * o.step);
      for (var i = 0; i < cloud.x.length; i++) {
        draw(cloud.seed, cloud.step, i, 0); score(parts, cloud.x[i], cloud.y[i]);
        cloud.x[i] += o.step * found[0] + spread * drawn[0];
        cloud.y[i] += o.step * found[1] + spread * drawn[1];
      }
    },

    // The same as a proposal, accepted with min(1, p(y) q(x | y)/p(x) q(y | x)).
    mala: function (cloud, parts, o) {
      var h = o.step, spread = Math.sqrt(2 * h), accepted = 0;
      for (var i = 0; i < cloud.x.length; i++) {
        var x = cloud.x[i], y = cloud.y[i];
        draw(cloud.seed, cloud.step, i, 0); score(parts, x, y);
        var log = found[2], nx = spread * drawn[0], ny = spread * drawn[1];
        var px = x + h * found[0] + nx, py = y + h * found[1] + ny;
        score(parts, px, py);
        var bx = x - px - h * found[0], by = y - py - h * found[1];
        if (Math.log(drawn[2]) < found[2] - log + (nx * nx + ny * ny - bx * bx - by * by) / (4 * h)) {
          cloud.x[i] = px; cloud.y[i] = py; accepted++;
        }
      }
      return accepted / cloud.x.length;
    },

    // Momentum ~ N(0, I), leapfrog steps of size h, accepted with min(1, e^{−ΔH}).
    hmc: function (cloud, parts, o) {
      var h = o.step, accepted = 0;
      for (var i = 0; i < cloud.x.length; i++) {
        var x = cloud.x[i], y = cloud.y[i];
        draw(cloud.seed, cloud.step, i, 0); score(parts, x, y);
        var vx = drawn[0], vy = drawn[1], energy = 0.5 * (vx * vx + vy * vy) - found[2];
        for (var n = 0; n < o.leapfrog_steps; n++) {
          vx += 0.5 * h * found[0]; vy += 0.5 * h * found[1];
          x += h * vx; y += h * vy;
          score(parts, x, y);
          vx += 0.5 * h * found[0]; vy += 0.5 * h * found[1];
        }
        if (Math.log(drawn[2]) < energy - 0.5 * (vx * vx + vy * vy) + found[2]) {
          cloud.x[i] = x; cloud.y[i] = y; accepted++;
        }
      }
      return accepted / cloud.x.length;
    },

    // x' = (α'/α) x + √(σ'² − (α'σ/α)²) ξ: exact.
    forward: function (cloud, mixture, o, table, n) {
      var ratio = table.alpha[n + 1] / table.alpha[n];
      var spread = Math.sqrt(Math.max(0, Math.pow(table.sigma[n + 1], 2) - Math.pow(ratio * table.sigma[n], 2)));
      for (var i = 0; i < cloud.x.length; i++) {
        draw(cloud.seed, cloud.step, i, 0);
        cloud.x[i] = ratio * cloud.x[i] + spread * drawn[0];
        cloud.y[i] = ratio * cloud.y[i] + spread * drawn[1];
      }
    },

    // dx = [f x − ½ (1 + λ²) g² ∇log p_t] dt + λ g dw̄, down the grid; where α = 0, x' = α' E x_0 + σ' (√(1 − η²) x/σ + η ξ).
    reverse: function (cloud, mixture, o, table, n) {
      var from = table.t.length - 1 - n, to = from - 1, dt = table.t[from] - table.t[to];
      var alpha = table.alpha[from], sigma = table.sigma[from], eta = Math.min(1, o.lambda), i;
      if (alpha < table.singular_alpha) {
        var centre = mean(mixture), left = table.sigma[to] * Math.sqrt(1 - eta * eta) / sigma, made = table.sigma[to] * eta;
        for (i = 0; i < cloud.x.length; i++) {
          draw(cloud.seed, cloud.step, i, 0);
          cloud.x[i] = table.alpha[to] * centre[0] + left * cloud.x[i] + made * drawn[0];
          cloud.y[i] = table.alpha[to] * centre[1] + left * cloud.y[i] + made * drawn[1];
        }
        return;
      }
      var parts = noised(mixture, alpha, sigma), g2 = table.diffusion2[from];
      var keep = 1 - table.drift[from] * dt, pull = 0.5 * (1 + o.lambda * o.lambda) * g2 * dt;
      var spread = o.lambda * Math.sqrt(g2 * dt);
      for (i = 0; i < cloud.x.length; i++) {
        draw(cloud.seed, cloud.step, i, 0); score(parts, cloud.x[i], cloud.y[i]);
        cloud.x[i] = keep * cloud.x[i] + pull * found[0] + spread * drawn[0];
        cloud.y[i] = keep * cloud.y[i] + pull * found[1] + spread * drawn[1];
      }
    }
  };

  // Draws: N(at, std² I), a box, the mixture itself, or one of its modes.
  function begin(cloud, mixture, start) {
    var total = 0, cumulated = mixture.weights.map(function (w) { return total += w; });
    for (var i = 0; i < cloud.x.length; i++) {
      draw(cloud.seed, 0, i, 1);
      var x = drawn[0], y = drawn[1];
      if (start.kind === "gaussian") {
        cloud.x[i] = start.at[0] + start.std * x; cloud.y[i] = start.at[1] + start.std * y;
        continue;
      }
      if (start.kind === "uniform") {
        draw(cloud.seed, 0, i, 2);
        cloud.x[i] = start.low + (start.high - start.low) * (words[2] + 0.5) / 4294967296;
        cloud.y[i] = start.low + (start.high - start.low) * (words[3] + 0.5) / 4294967296;
        continue;
      }
      var k = start.kind === "mode" ? start.index : 0;
      while (start.kind !== "mode" && cumulated[k] < drawn[2] * total && k < cumulated.length - 1) k++;
      var c = mixture.covariances[k], l = Math.sqrt(c[0][0]), b = c[0][1] / l;
      cloud.x[i] = mixture.means[k][0] + l * x;
      cloud.y[i] = mixture.means[k][1] + b * x + Math.sqrt(c[1][1] - b * b) * y;
    }
    cloud.step = 1;
  }

  return { philox: function (a, b, c, d, e, f) { philox(a, b, c, d, e, f); return Array.from(words); },
           draw: function (s, n, i, m) { draw(s, n, i, m); return Array.from(drawn); },
           score: function (p, x, y) { score(p, x, y); return Array.from(found); },
           noised: noised, samplers: samplers, begin: begin };
})();
