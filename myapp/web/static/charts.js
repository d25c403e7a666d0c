// Draws each chart of the page from the figures beside it. The colours are the page's, light or dark.
"use strict";

const COLOURS = ["--chart-first", "--chart-second", "--chart-third"];
const DAY_MS = 24 * 60 * 60 * 1000;
const TICKS_MAX = 8;
// Two months, in days.
const SHORT_DAYS = 62;
const MONTHS_APART = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// A step stands at its day, counted from 1970: a quiet year is as wide as a busy one.
const numberOf = (day) => Date.parse(day) / DAY_MS;
const digits = (number, count) => String(number).padStart(count, "0");
const dayOf = (number) => new Date(number * DAY_MS).toISOString().slice(0, 10);

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

// The first days of months, or of every second or third, or of years: as few as fit. Of less, every so many days.
function ticks(first, last) {
  if (last - first < SHORT_DAYS) {
    const apart = Math.ceil((last - first) / TICKS_MAX);
    return Array.from({ length: TICKS_MAX + 1 }, (_, index) => first + index * apart).filter((day) => day <= last);
  }
  const months = [first, last].map((day) => new Date(day * DAY_MS)).map((day) => day.getUTCFullYear() * 12 + day.getUTCMonth());
  const apart = MONTHS_APART.find((each) => (months[1] - months[0]) / each < TICKS_MAX);
  const found = [];
  for (let month = Math.ceil(months[0] / apart) * apart; month <= months[1]; month += apart) {
    found.push(numberOf(`${digits(Math.floor(month / 12), 4)}-${digits((month % 12) + 1, 2)}-01`));
  }
  return found.filter((day) => day >= first);
}

// Where there are first days of years only, the year says it.
function named(day, all) {
  const areYears = all.every((each) => dayOf(each.value).endsWith("-01-01"));
  return areYears ? dayOf(day).slice(0, -"-01-01".length) : dayOf(day);
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
      scale.ticks = ticks(scale.min, scale.max).map((value) => ({ value }));
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
