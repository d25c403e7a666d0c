// Days as numbers, counted from 1970, and which of them are named along an axis.
"use strict";

const DAY_MS = 24 * 60 * 60 * 1000;
// Two months, in days.
const SHORT_DAYS = 62;
const MONTHS_APART = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000];

const numberOf = (day) => Date.parse(day) / DAY_MS;
const dayOf = (number) => new Date(number * DAY_MS).toISOString().slice(0, 10);
const digits = (number, count) => String(number).padStart(count, "0");

// The first days of months, or of every second or third, or of years: as few as fit. Of less, every so many days.
function ticks(first, last, most) {
  if (last - first < SHORT_DAYS) {
    const apart = Math.ceil((last - first) / most);
    return Array.from({ length: most + 1 }, (_, index) => first + index * apart).filter((day) => day <= last);
  }
  const months = [first, last].map((day) => new Date(day * DAY_MS)).map((day) => day.getUTCFullYear() * 12 + day.getUTCMonth());
  const apart = MONTHS_APART.find((each) => (months[1] - months[0]) / each < most);
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
