// On every page: brings htmx once all stands there (it looks at every element, and there are many with 500 names), then
// the rows that a long page was not sent with, and then opens its stream, which begins with what changed meanwhile.
"use strict";
addEventListener("load", () => {
  const PATIENCE = 2000; // milliseconds, before a stream that could not be opened is tried again; hx-sse sees to the rest
  const opened = new WeakSet();
  const complete = async (rows) => {
    const signal = AbortSignal.timeout(5 * PATIENCE);
    const answer = await fetch(rows.dataset.rest, { signal }).catch(() => null); // a link leads there as well
    if (answer?.ok) rows.outerHTML = await answer.text();
  };
  const connect = async () => {
    await Promise.all([...document.querySelectorAll("[data-rest]")].map(complete));
    addEventListener("htmx:sse:after:connection", ({ target }) => opened.add(target));
    addEventListener("htmx:finally:request", ({ target }) => {
      if (target.dataset.events && !opened.has(target)) setTimeout(() => htmx.process(target), PATIENCE);
    });
    for (const element of document.querySelectorAll("[data-events]")) {
      element.setAttribute("hx-sse:connect", element.dataset.events);
      htmx.process(element);
    }
  };
  const [, last] = ["htmx.min.js", "hx-sse.min.js"].map((name) => {
    const script = document.createElement("script");
    script.src = `/static/vendor/${name}`;
    script.async = false; // in this order
    document.head.append(script);
    return script;
  });
  last.addEventListener("load", () => setTimeout(connect)); // htmx begins with a timer of its own, which comes first
});
