// The charts of /history: drawn by uPlot from what /history/points answers. The table beside them says the same.
"use strict";
(async () => {
  const place = document.getElementById("charts");
  const answer = await fetch(place.dataset.points);
  if (!answer.ok) return;
  const past = await answer.json();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const lines = ["--right", "--held", "--changing", "--failing", "--paused"].map(colour);
  const shown = (how) => {
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { hourCycle: "h23", ...how });
    return (at) => format.format(at * 1000);
  };
  const DAY = 86400;
  const month = shown({ year: "numeric", month: "short" }), day = shown({ month: "short", day: "numeric" });
  const minute = shown({ hour: "2-digit", minute: "2-digit" });
  const second = shown({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const told = (_, ticks, index, space, step) => ticks.map((at, number) => {
    if (step >= DAY) return (step >= 28 * DAY ? month : day)(at);
    const isNewDay = number === 0 || day(at) !== day(ticks[number - 1]);
    return (step >= 60 ? minute : second)(at) + (isNewDay ? `\n${day(at)}` : "");
  });
  const axis = { stroke: colour("--pico-color"), grid: { stroke: colour("--pico-muted-border-color"), width: 1 } };
  const dates = { ...axis, values: told };
  const width = () => place.clientWidth;
  const drawn = [];
  const LABELS = 9; // addresses that have room beside the chart
  const LEAST = 60; // seconds that a chart spans
  const began = [...Object.values(past.addresses).flat(), ...past.visible].map(([at]) => at);
  const x = { range: () => [Math.min(past.now - LEAST, ...began), past.now] }; // both charts': what stands above is the same moment

  const draw = (title, options, data) => {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = title;
    figure.append(caption);
    place.append(figure);
    const chart = new uPlot({ width: width(), height: 220, legend: { live: false }, ...options }, data, figure);
    chart.root.setAttribute("role", "img");
    chart.root.setAttribute("aria-label", `${title}. ${place.dataset.table}`);
    drawn.push(chart);
  };

  const sources = Object.entries(past.addresses);
  if (sources.length) {
    const known = [...new Set(sources.flatMap(([, changes]) => changes.map(([, address]) => address)))];
    const apart = Math.ceil(known.length / LABELS);
    const labelled = known.map((_, index) => index).filter((index) => index % apart === 0);
    const times = [...new Set(sources.flatMap(([, changes]) => changes.map(([at]) => at)).concat(past.now))].sort((a, b) => a - b);
    const rows = sources.map(([, changes]) => {
      let next = 0, standing = null;
      return times.map((at) => {
        while (next < changes.length && changes[next][0] <= at) standing = known.indexOf(changes[next++][1]);
        return standing;
      });
    });
    draw(place.dataset.addresses, {
      scales: { x, y: { range: [-0.5, Math.max(0.5, known.length - 0.5)] } },
      axes: [dates, { ...axis, size: 130, splits: () => labelled, values: (_, at) => at.map((index) => known[index] ?? "") }],
      series: [{}, ...sources.map(([name], index) => ({
        label: name, stroke: lines[index % lines.length], width: 2, paths: uPlot.paths.stepped({ align: 1 }), points: { show: true },
      }))],
    }, [times, ...rows]);
  }
  if (past.visible.length) {
    draw(place.dataset.visible, {
      scales: { x, y: { distr: 3 } },
      axes: [dates, { ...axis, size: 130 }],
      series: [{}, { label: "s", stroke: lines[0], paths: () => null, points: { show: true, size: 6, fill: lines[0] } }],
    }, [past.visible.map(([at]) => at), past.visible.map(([, seconds]) => Math.max(seconds, 0.001))]);
  }
  addEventListener("resize", () => drawn.forEach((chart) => chart.setSize({ width: width(), height: 220 })));
})();
