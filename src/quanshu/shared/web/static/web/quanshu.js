"use strict";
// Charts: each .q-chart carries its ECharts option as JSON.
(function () {
  function draw(root) {
    if (!window.echarts) return;
    root.querySelectorAll(".q-chart:not([data-drawn])").forEach(function (node) {
      node.dataset.drawn = "1";
      var chart = window.echarts.init(node, null, { renderer: "svg" });
      var option = JSON.parse(node.dataset.option);
      // What is told under the pointer stays within the chart, which clips what leaves it.
      if (option.tooltip) option.tooltip.confine = true;
      chart.setOption(option);
      // A node of a graph leads to its page; the same links stand in the list beside.
      chart.on("click", function (event) {
        if (event.data && event.data.url) window.location.assign(event.data.url);
      });
    });
  }
  window.addEventListener("resize", function () {
    document.querySelectorAll(".q-chart[data-drawn]").forEach(function (node) {
      var chart = window.echarts && window.echarts.getInstanceByDom(node);
      if (chart) chart.resize();
    });
  });
  // Buttons that cannot be undone ask first.
  document.addEventListener("submit", function (event) {
    var text = event.target.dataset && event.target.dataset.confirm;
    if (text && !window.confirm(text)) event.preventDefault();
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    var source = document.querySelector(button.dataset.copy);
    if (source && navigator.clipboard) navigator.clipboard.writeText(source.value || source.textContent);
  });
  document.addEventListener("DOMContentLoaded", function () { draw(document); });
  document.addEventListener("htmx:load", function (event) { draw(event.detail.elt); });
})();
