// The charts of /history: drawn by uPlot from what /history/points answers. The table beside them says the same.
"use strict";
(async () => {
  const place = document.getElementById("charts");
  const answer = await fetch(place.dataset.points);
  if (!answer.ok) return;
  const past = await answer.json();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const lines = ["--right", "--held", "--changing", "--failing", "--paused"].map(colour);
  const axis = { stroke: colour("--pico-color"), grid: { stroke: colour("--pico-muted-border-color"), width: 1 } };
  const width = () => place.clientWidth;
  const drawn = [];
  const LABELS = 9; // addresses that have room beside the chart

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
      scales: { y: { range: [-0.5, Math.max(0.5, known.length - 0.5)] } },
      axes: [axis, { ...axis, size: 130, splits: () => labelled, values: (_, at) => at.map((index) => known[index] ?? "") }],
      series: [{}, ...sources.map(([name], index) => ({
        label: name, stroke: lines[index % lines.length], width: 2, paths: uPlot.paths.stepped({ align: 1 }), points: { show: true },
      }))],
    }, [times, ...rows]);
  }
  if (past.visible.length) {
    draw(place.dataset.visible, {
      scales: { y: { distr: 3 } },
      axes: [axis, { ...axis, size: 60 }],
      series: [{}, { label: "s", stroke: lines[0], paths: () => null, points: { show: true, size: 6, fill: lines[0] } }],
    }, [past.visible.map(([at]) => at), past.visible.map(([, seconds]) => Math.max(seconds, 0.001))]);
  }
  addEventListener("resize", () => drawn.forEach((chart) => chart.setSize({ width: width(), height: 220 })));
})();
