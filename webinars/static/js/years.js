// The dates of a year stay right as one types. Without this script a button fetches the same page.

const WAIT = 250; // ms after the last stroke

const form = document.querySelector("[data-year-form]");
const dates = form.querySelector("[data-dates]");
const status = form.querySelector("[data-dates-status]");
const year = form.elements.year;
const title = form.elements.title;
let timer;
let asked = 0;

// A title that names its year follows it.
let shown = year?.value;
year?.addEventListener("input", () => {
  if (!/^20\d\d$/.test(year.value)) return;
  if (title && shown) title.value = title.value.replaceAll(shown, year.value);
  shown = year.value;
});

async function refresh() {
  const mine = ++asked;
  const query = new URLSearchParams(new FormData(form));
  query.set("fragment", "dates");
  let text;
  try {
    const answer = await fetch(`${form.getAttribute("action")}?${query}`);
    if (!answer.ok || answer.redirected) return;
    text = await answer.text();
  } catch {
    return; // Offline for a moment: the next stroke asks again.
  }
  if (mine !== asked) return;
  const focused = dates.contains(document.activeElement) ? document.activeElement.id : null;
  dates.innerHTML = text;
  status.textContent = dates.querySelector("[data-dates-summary]").textContent;
  if (focused) document.getElementById(focused)?.focus();
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(refresh, WAIT);
});
