"use strict";
(function () {
  // Seconds left of a code; the page is asked again when they are over.
  document.querySelectorAll("[data-seconds]").forEach(function (node) {
    var left = parseInt(node.dataset.seconds, 10);
    function show() {
      node.textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
    }
    show();
    var timer = window.setInterval(function () {
      left -= 1;
      if (left <= 0) {
        window.clearInterval(timer);
        window.location.reload();
        return;
      }
      show();
    }, 1000);
  });
  // A text of the page saved as a file.
  document.querySelectorAll("[data-save]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var source = document.querySelector(button.dataset.save);
      var link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([source.value], { type: "text/plain" }));
      link.download = button.dataset.name || "presentation.txt";
      link.click();
      URL.revokeObjectURL(link.href);
    });
  });
  // Scan by the camera where the browser can read codes itself; the code is a link of this node or the text.
  var start = document.querySelector("[data-scan]");
  if (!start || !("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  start.hidden = false;
  start.addEventListener("click", function () {
    var video = document.querySelector(start.dataset.scan);
    var target = document.querySelector(start.dataset.into);
    var detector = new window.BarcodeDetector({ formats: ["qr_code"] });
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (stream) {
      video.hidden = false;
      video.srcObject = stream;
      video.play();
      var timer = window.setInterval(function () {
        detector.detect(video).then(function (found) {
          if (!found.length) return;
          window.clearInterval(timer);
          stream.getTracks().forEach(function (track) { track.stop(); });
          video.hidden = true;
          var text = found[0].rawValue;
          if (text.indexOf(window.location.origin + "/vault/p/") === 0) {
            window.location.assign(text);
          } else {
            target.value = text;
          }
        });
      }, 400);
    });
  });
})();
