// Draws each chart of the page from the figures beside it. The colours are the page's, light or dark.
"use strict";

const COLOURS = ["--chart-first", "--chart-second", "--chart-third"];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function dataset(series, number, kind) {
  const line = colour(COLOURS[number % COLOURS.length]);
  const isBar = kind === "bar" || kind === "across";
  return {
    label: series.label,
    // A picture may round; the table below it has the exact figures.
    data: series.values.map(Number),
    stepped: kind === "step" ? "before" : false,
    borderColor: line,
    backgroundColor: isBar ? line : line + "22",
    fill: !isBar,
    borderWidth: isBar ? 0 : 2,
    pointRadius: series.values.length > 40 ? 0 : 2,
  };
}

function axis() {
  return { ticks: { color: colour("--soft"), maxTicksLimit: 8 }, grid: { color: colour("--chart-grid") } };
}

// Every bar that lies has its name beside it, whose end tells accounts apart.
function names() {
  const shown = matchMedia("(max-width: 40rem)").matches ? 16 : 40;
  const shorten = (label) => (label.length > shown ? "…" + label.slice(1 - shown) : label);
  return {
    ticks: { color: colour("--soft"), autoSkip: false, callback(index) { return shorten(this.getLabelForValue(index)); } },
    grid: { display: false },
  };
}

function draw(canvas) {
  const chart = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
  return new Chart(canvas, {
    type: chart.kind === "bar" || chart.kind === "across" ? "bar" : "line",
    data: { labels: chart.labels, datasets: chart.series.map((each, number) => dataset(each, number, chart.kind)) },
    options: {
      indexAxis: chart.kind === "across" ? "y" : "x",
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false, axis: chart.kind === "across" ? "y" : "x" },
      scales: { x: axis(), y: chart.kind === "across" ? names() : axis() },
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
