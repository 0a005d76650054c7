// What every page keeps to, asked of the page as the browser shows it. Answers the faults as sentences.
(language) => {
  const faults = [];
  const shown = (e) => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(e).visibility !== "hidden";
  };
  const told = (e) => `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""} “${e.textContent.trim().slice(0, 40)}”`;
  const named = (e) => e.textContent.trim() || e.getAttribute("aria-label") || e.title;
  const every = (selector, rule, fault) => {
    for (const e of document.querySelectorAll(selector)) if (shown(e) && !rule(e)) faults.push(`${fault}: ${told(e)}`);
  };

  if (!document.documentElement.lang.startsWith(language.slice(0, 2))) faults.push("the language is not named");
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  let level = 0;
  for (const e of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    if (!shown(e)) continue;
    if (+e.tagName[1] > level + 1) faults.push(`a heading is left out before ${told(e)}`);
    level = +e.tagName[1];
  }
  every(
    "input:not([type=hidden]), select, textarea",
    (e) => (e.labels && e.labels.length) || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby"),
    "a field without a label",
  );
  every("a, button", named, "a link or button without a name");
  every("th", (e) => e.scope && named(e), "a table head without scope or words");
  for (const e of document.querySelectorAll("img:not([alt])")) faults.push(`a picture without words: ${e.src}`);
  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) {
    if (ids.has(e.id)) faults.push(`the id ${e.id} stands twice`);
    ids.add(e.id);
  }

  // Contrast by WCAG 2.2, 1.4.3; colours are read off a canvas, whatever form they are written in.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
  const ground = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none" && !at.matches(".table-responsive, select")) return null;
      layers.push(colour(style.backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const light = (parts) => {
    const [red, green, blue] = parts.map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (e) => {
    const below = ground(e);
    if (!below) return 21;
    const [low, high] = [light(over(colour(getComputedStyle(e).color), below)), light(below)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };

  const raw = /^[a-z]+(_[a-z0-9]+)+$|^(None|True|False|true|false|null|undefined|NaN)$|%\(|\{\{|\{%|\dT\d\d:\d\d|\+00:00/;
  // Names of tables and files that the platform makes itself.
  const made = /[0-9a-f]{8}/;
  const dull = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const [e, text] = [walk.currentNode.parentElement, walk.currentNode.textContent.trim()];
    if (!text || !e || e.closest("script, style, noscript") || !shown(e)) continue;
    if (!e.closest("code, pre, textarea, svg, .CodeMirror")) {
      if (raw.test(text) && !made.test(text)) faults.push(`a value as programs write it: ${told(e)}`);
      if (language === "zh" && !e.closest("dd") && /^[A-Z]?[a-z]{2,}( [a-z]{2,})+/.test(text) && !/[\u4e00-\u9fff]/.test(text)) faults.push(`left in English: ${told(e)}`);
      if (language === "en" && e.closest("th[scope=col], dt, label, legend, button:not([lang]), .badge") && /[\u4e00-\u9fff]/.test(text)) faults.push(`left in Chinese: ${told(e)}`);
    }
    if (e.closest("[disabled], .disabled, svg")) continue;
    const style = getComputedStyle(e);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700) ? 3 : 4.5;
    const found = contrast(e);
    if (found < least && !dull.has(e.className)) {
      dull.add(e.className);
      faults.push(`${found.toFixed(2)} of contrast: ${told(e)}`);
    }
  }
  return faults;
}
