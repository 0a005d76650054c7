"use strict";
// The time a code has left, counted from when the page came: the phone's own clock may be off.
(function () {
  var timer = null;
  function start(root) {
    var bar = root.querySelector("[data-left]");
    if (!bar) return;
    window.clearInterval(timer);
    var life = Number(bar.dataset.life), began = performance.now();
    var count = root.querySelector("[data-count]"), over = root.querySelector("[data-over]");
    var pattern = count.textContent;
    function tick() {
      var left = Math.max(0, Math.ceil(life - (performance.now() - began) / 1000));
      bar.style.width = (100 * left) / life + "%";
      count.textContent = pattern.replace(String(life), String(left));
      if (left > 0) return;
      window.clearInterval(timer);
      count.classList.add("d-none");
      over.classList.remove("d-none");
      var picture = root.querySelector(".q-pass");
      if (picture) picture.style.opacity = "0.1";
    }
    tick();
    timer = window.setInterval(tick, 500);
  }
  document.addEventListener("DOMContentLoaded", function () { start(document); });
  document.addEventListener("htmx:load", function (event) { start(event.detail.elt.parentElement || document); });
})();
