// Sends the import form without leaving the page, so that the chosen file stays, and shows how far it is.
// Without this script the form works the same, but the file has to be chosen again after a trial.
"use strict";

const form = document.getElementById("import");
const progress = document.getElementById("progress");
const result = document.getElementById("result");

function busy(isBusy) {
  progress.hidden = !isBusy;
  for (const button of form.querySelectorAll("button")) button.disabled = isBusy;
}

function show(uploaded) {
  // Once all is uploaded, the books are being written: nobody knows how long, and the bar says so.
  if (uploaded.loaded < uploaded.total) progress.value = (100 * uploaded.loaded) / uploaded.total;
  else progress.removeAttribute("value");
}

function finish(answer) {
  busy(false);
  const page = new DOMParser().parseFromString(answer.responseText, "text/html");
  const said = page.getElementById("result");
  const refusal = answer.status >= 400 && page.querySelector("main");
  if (answer.responseURL.endsWith(answer.sentTo) && said) result.replaceChildren(...said.childNodes);
  // A page of its own, which nobody can open again by its address.
  else if (refusal) result.replaceChildren(...refusal.childNodes);
  else location.assign(answer.responseURL);
}

function send(event) {
  event.preventDefault();
  const request = new XMLHttpRequest();
  const action = event.submitter?.getAttribute("formaction") || form.getAttribute("action");
  request.sentTo = action;
  request.upload.addEventListener("progress", show);
  request.addEventListener("load", () => finish(request));
  request.addEventListener("error", () => {
    busy(false);
    result.textContent = "The connection broke off. Try again: what was imported already is not imported twice.";
  });
  request.open("POST", action);
  const fields = new FormData(form);
  busy(true);
  request.send(fields);
}

form.addEventListener("submit", send);
