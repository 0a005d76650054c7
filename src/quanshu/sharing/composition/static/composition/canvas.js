/* Drag parts, move them by arrow keys, connect ports by two clicks. Without it the form does the same. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("drawing");
  const drawing = form && form.querySelector(".q-canvas > svg");
  if (!drawing) return;
  const at = (name, axis) => form.querySelector(`[data-${axis}="${CSS.escape(name)}"]`);
  const keep = () => form.requestSubmit(form.querySelector("button[value=save]"));
  const moved = new Map();

  function shift(box, dx, dy) {
    const rect = box.querySelector("rect");
    const x = Math.max(0, Math.round(rect.x.baseVal.value + dx));
    const y = Math.max(0, Math.round(rect.y.baseVal.value + dy));
    box.setAttribute("transform", `translate(${x - rect.x.baseVal.value},${y - rect.y.baseVal.value})`);
    moved.set(box, [x, y]);
    at(box.dataset.name, "x").value = x;
    at(box.dataset.name, "y").value = y;
  }

  let held = null;
  let timer = 0;
  let chosen = null;
  for (const box of drawing.querySelectorAll("[data-part]")) {
    box.addEventListener("pointerdown", (event) => {
      if (event.target.classList.contains("q-port")) return;
      held = { box, x: event.clientX, y: event.clientY, far: false };
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener("pointermove", (event) => {
      if (!held || held.box !== box) return;
      held.far = held.far || Math.hypot(event.clientX - held.x, event.clientY - held.y) > 4;
      if (held.far) shift(box, event.clientX - held.x, event.clientY - held.y);
    });
    box.addEventListener("pointerup", () => {
      const far = held && held.far;
      held = null;
      if (far) keep();
    });
    box.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-20, 0], ArrowRight: [20, 0], ArrowUp: [0, -20], ArrowDown: [0, 20] }[event.key];
      if (step) {
        event.preventDefault();
        const rect = box.querySelector("rect");
        const [x, y] = moved.get(box) || [rect.x.baseVal.value, rect.y.baseVal.value];
        shift(box, x - rect.x.baseVal.value + step[0], y - rect.y.baseVal.value + step[1]);
        clearTimeout(timer);
        timer = setTimeout(keep, 1200);
      } else if (event.key === "Enter") {
        event.preventDefault();
        const card = document.getElementById(`part-${box.dataset.name}`);
        card.scrollIntoView();
        card.querySelector("input:not([type=hidden])").focus();
      }
    });
  }
  drawing.addEventListener("click", (event) => {
    const port = event.target;
    if (!port.classList || !port.classList.contains("q-port")) return;
    if (port.dataset.out) {
      if (chosen) chosen.classList.remove("q-chosen");
      chosen = port;
      port.classList.add("q-chosen");
      return;
    }
    const box = form.querySelector(`[data-input="${CSS.escape(port.dataset.in)}"]`);
    if (chosen && box) {
      box.value = chosen.dataset.out;
      keep();
    }
  });
});
