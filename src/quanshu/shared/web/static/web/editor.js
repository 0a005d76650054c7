/* Turns the query's text area into an editor that knows the tables granted. Without it the text area does. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  if (!window.CodeMirror) return;
  for (const area of document.querySelectorAll("textarea[data-editor=sql]")) {
    const form = area.closest("form");
    const run = form.querySelector("button[name=run], button[type=submit]");
    const tables = JSON.parse(form.dataset.tables || "{}");
    const editor = CodeMirror.fromTextArea(area, {
      mode: "text/x-sql",
      lineNumbers: true,
      lineWrapping: true,
      viewportMargin: Infinity,
      hintOptions: { tables, completeSingle: false },
      extraKeys: {
        "Ctrl-Space": "autocomplete",
        "Ctrl-Enter": () => run.click(),
        "Cmd-Enter": () => run.click(),
        // Tab leaves the editor, as everywhere on the page; indenting is Ctrl-].
        Tab: false,
        "Shift-Tab": false,
      },
    });
    editor.getInputField().setAttribute("aria-label", area.labels[0] ? area.labels[0].textContent.trim() : "SQL");
    editor.on("inputRead", (_editor, change) => {
      if (editor.showHint && /^[a-z_.]$/i.test(change.text[0])) editor.showHint();
    });
    area.required = false;
  }
});
