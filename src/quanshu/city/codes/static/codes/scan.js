"use strict";
// The camera reads the code where the browser can; anywhere else the code or its digits are typed.
(function () {
  document.addEventListener("DOMContentLoaded", function () {
    var button = document.getElementById("camera-start"), video = document.getElementById("camera");
    var form = document.getElementById("scan-form"), text = document.getElementById("id_text");
    if (!button || !video || !form) return;
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices) {
      document.getElementById("camera-none").classList.remove("d-none");
      return;
    }
    button.classList.remove("d-none");
    button.addEventListener("click", function () {
      var detector = new window.BarcodeDetector({ formats: ["qr_code"] });
      navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (stream) {
        button.classList.add("d-none");
        video.classList.remove("d-none");
        video.srcObject = stream;
        var timer = window.setInterval(function () {
          if (video.readyState < 2) return;
          detector.detect(video).then(function (found) {
            var code = found.find(function (item) { return item.rawValue.startsWith("QS1:"); });
            if (!code) return;
            window.clearInterval(timer);
            stream.getTracks().forEach(function (track) { track.stop(); });
            text.value = code.rawValue;
            form.requestSubmit();
          }, function () {});
        }, 200);
      }, function () { document.getElementById("camera-none").classList.remove("d-none"); });
    });
  });
})();
