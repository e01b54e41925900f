// Results as one types: the same address as the form's, of which only the results are fetched.
// Without this script the button sends the form.

const form = document.querySelector("form.search");
const field = form.querySelector("input[type=search]");
const results = document.querySelector("#results");
const WAIT_MS = 150;

let waiting;
let asked;

async function show() {
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form)) if (value) address.searchParams.set(name, value);
  asked?.abort();
  asked = new AbortController();
  const part = new URL(address);
  part.searchParams.set("part", "results");
  try {
    const answer = await fetch(part, { signal: asked.signal });
    if (!answer.ok) return;
    results.innerHTML = await answer.text();
    history.replaceState(null, "", address);
  } catch (error) {
    if (error.name !== "AbortError") form.submit(); // The page says what is wrong.
  }
}

field.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, WAIT_MS);
});
