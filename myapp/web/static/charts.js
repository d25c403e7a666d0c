// Draws each chart of the page from the figures beside it. The colours are the page's, light or dark.
"use strict";

const COLOURS = ["--chart-first", "--chart-second", "--chart-third"];
const TICKS_MAX = 8;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// A step stands at its day: a quiet year is as wide as a busy one.
function values(chart, series) {
  const figures = series.values.map(Number);
  return chart.kind === "step" ? figures.map((y, index) => ({ x: numberOf(chart.labels[index]), y })) : figures;
}

function dataset(chart, series, number) {
  const kind = chart.kind;
  const line = colour(COLOURS[number % COLOURS.length]);
  const isBar = kind === "bar" || kind === "across";
  return {
    label: series.label,
    // A picture may round; the table below it has the exact figures.
    data: values(chart, series),
    stepped: kind === "step" ? "before" : false,
    borderColor: line,
    backgroundColor: isBar ? line : line + "22",
    fill: !isBar,
    borderWidth: isBar ? 0 : 2,
    // A point on the edge is drawn whole.
    clip: 4,
    pointRadius: series.values.length > 40 ? 0 : 2,
  };
}

function axis() {
  return {
    // What is filled down to the axis would look many times as large as it is.
    beginAtZero: true,
    ticks: { color: colour("--soft"), maxTicksLimit: TICKS_MAX },
    grid: { color: colour("--chart-grid") },
  };
}

function timeAxis(labels) {
  const shown = axis();
  const [first, last] = [labels[0], labels.at(-1)].map(numberOf);
  return {
    ...shown,
    type: "linear",
    beginAtZero: false,
    min: first,
    // A single day has a width, too.
    max: Math.max(last, first + 1),
    ticks: { ...shown.ticks, autoSkip: false, callback: (value, index, all) => named(value, all) },
    afterBuildTicks(scale) {
      scale.ticks = ticks(scale.min, scale.max, TICKS_MAX).map((value) => ({ value }));
    },
  };
}

function scales(chart) {
  if (chart.kind === "step") return { x: timeAxis(chart.labels), y: axis() };
  return { x: axis(), y: chart.kind === "across" ? names() : axis() };
}

function titles(kind) {
  return kind === "step" ? { callbacks: { title: ([point]) => dayOf(point.parsed.x) } } : {};
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
    data: { labels: chart.kind === "step" ? undefined : chart.labels, datasets: chart.series.map((each, number) => dataset(chart, each, number)) },
    options: {
      indexAxis: chart.kind === "across" ? "y" : "x",
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false, axis: chart.kind === "across" ? "y" : "x" },
      scales: scales(chart),
      plugins: {
        legend: { display: chart.series.length > 1, labels: { color: colour("--soft") } },
        tooltip: titles(chart.kind),
      },
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
