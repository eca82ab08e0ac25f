// /log: keeps the list of a log that is followed for days short; htmx adds to it, older pages have the rest.
"use strict";
(() => {
  const MOST = 500;
  const lines = document.getElementById("lines");
  if (!lines.dataset.events) return; // it stands still
  new MutationObserver(() => {
    while (lines.children.length > MOST) lines.lastElementChild.remove();
  }).observe(lines, { childList: true });
})();
