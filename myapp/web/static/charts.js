// Draws each chart of the page from the figures beside it. The colours are the page's, light or dark.
"use strict";

const COLOURS = ["--chart-first", "--chart-second", "--chart-third"];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function dataset(series, number, kind) {
  const line = colour(COLOURS[number % COLOURS.length]);
  return {
    label: series.label,
    // A picture may round; the table below it has the exact figures.
    data: series.values.map(Number),
    stepped: kind === "step" ? "before" : false,
    borderColor: line,
    backgroundColor: kind === "bar" ? line : line + "22",
    fill: kind !== "bar",
    borderWidth: kind === "bar" ? 0 : 2,
    pointRadius: series.values.length > 40 ? 0 : 2,
  };
}

function axis() {
  return { ticks: { color: colour("--soft"), maxTicksLimit: 8 }, grid: { color: colour("--chart-grid") } };
}

function draw(canvas) {
  const chart = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
  return new Chart(canvas, {
    type: chart.kind === "bar" ? "bar" : "line",
    data: { labels: chart.labels, datasets: chart.series.map((each, number) => dataset(each, number, chart.kind)) },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false },
      scales: { x: axis(), y: axis() },
      plugins: { legend: { display: chart.series.length > 1, labels: { color: colour("--soft") } } },
    },
  });
}

let drawn = [];
function drawAll() {
  drawn.forEach((chart) => chart.destroy());
  drawn = [...document.querySelectorAll("canvas[data-chart]")].map(draw);
}

drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
