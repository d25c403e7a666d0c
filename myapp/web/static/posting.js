// The form of a new transaction: more rows, and what each asset still lacks to sum to zero.
// Without this script the form works the same; the books check what is sent in any case.
"use strict";

const form = document.getElementById("posting");
const rows = document.getElementById("rows");
const check = document.getElementById("check");

// Amounts are whole numbers of the smallest unit, as in the books: no float ever sees them.
function minor(text, scale) {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!parts || (parts[3] || "").length > scale) return null;
  const digits = BigInt(parts[2] + (parts[3] || "").padEnd(scale, "0"));
  return parts[1] ? -digits : digits;
}

function written(amount, scale) {
  const digits = String(amount < 0n ? -amount : amount).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  return (amount < 0n ? "-" : "") + whole + (scale ? "." + digits.slice(-scale) : "");
}

function sums() {
  const found = new Map();
  for (const row of rows.rows) {
    const amount = row.querySelector("[name=amount]").value;
    const chosen = row.querySelector("[name=asset]").selectedOptions[0];
    if (!amount.trim() || !chosen) continue;
    const scale = Number(chosen.dataset.scale);
    const one = minor(amount, scale);
    if (one === null) return null;
    const before = found.get(chosen.value) || { sum: 0n, scale };
    found.set(chosen.value, { sum: before.sum + one, scale });
  }
  return found;
}

function show() {
  const found = sums();
  if (found === null) check.textContent = "An amount cannot be read: write it like 12.50 or -12.50.";
  else if (found.size === 0) check.textContent = "";
  else {
    const open = [...found].filter(([, { sum }]) => sum !== 0n);
    check.textContent = open.length
      ? "Not balanced yet: " + open.map(([code, { sum, scale }]) => `${written(-sum, scale)} ${code} to go`).join(", ")
      : "Balanced.";
  }
  check.dataset.state = found === null || [...found.values()].some(({ sum }) => sum !== 0n) ? "open" : "balanced";
}

function addRow() {
  const row = rows.rows[rows.rows.length - 1].cloneNode(true);
  const number = rows.rows.length + 1;
  for (const field of row.querySelectorAll("input, select")) {
    if (field.name !== "asset") field.value = "";
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\d+$/, number));
  }
  row.querySelectorAll(".wrong").forEach((message) => message.remove());
  rows.append(row);
  window.htmx?.process(row);
  row.querySelector("input").focus();
}

const more = document.getElementById("more");
more.hidden = false;
more.addEventListener("click", addRow);
form.addEventListener("input", show);
show();
