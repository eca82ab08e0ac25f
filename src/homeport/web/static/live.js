// The overview: htmx comes once everything stands there. It looks at every element, and there are many with 500 names;
// what changed meanwhile is sent when it connects.
"use strict";
addEventListener("load", () => {
  for (const name of ["htmx.min.js", "hx-sse.min.js"]) {
    const script = document.createElement("script");
    script.src = `/static/vendor/${name}`;
    script.async = false; // in this order
    document.head.append(script);
  }
});
