// Forms with a file: how far it is, a button that stops it, and a file that is dropped on its field.
// The same form goes to the same address; its answer takes the place of the page. Without this
// script a browser sends the form as any other.

const SAID_EVERY = 10; // Per cent: often enough to hear that it goes on.

function words(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function megabytes(bytes) {
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  return number.format(bytes / 1e6);
}

function showError(upload, input, sentence) {
  upload.querySelector(".field__error")?.remove();
  upload.querySelector(".field").classList.toggle("field--wrong", Boolean(sentence));
  if (!sentence) {
    input.removeAttribute("aria-invalid");
    return;
  }
  const error = document.createElement("p");
  error.className = "field__error";
  error.id = `${input.id}-error`;
  error.setAttribute("role", "alert");
  error.textContent = sentence;
  input.after(error);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", `${input.id}-hint ${error.id}`);
}

function tooLarge(upload, input) {
  const file = input.files[0];
  const over = Boolean(file) && file.size > Number(upload.dataset.most);
  showError(upload, input, over ? upload.dataset.tooLarge : "");
  return over;
}

// The answer is the page as it is after the act, or as the form was refused: what was chosen stays.
function show(answer) {
  const page = new DOMParser().parseFromString(answer.responseText, "text/html");
  const main = page.querySelector("main");
  if (!main) {
    location.reload();
    return;
  }
  if (answer.status >= 400) {
    for (const old of document.querySelectorAll("main input[type=file]")) {
      const fresh = page.getElementById(old.id);
      if (!fresh || !old.files.length) continue;
      for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
      fresh.replaceWith(old);
    }
  }
  document.querySelector("main").replaceWith(main);
  document.title = page.title;
  history.replaceState(null, "", answer.responseURL);
  for (const form of main.querySelectorAll("form[data-upload]")) setUp(form);
  const first = main.querySelector("[autofocus]") ?? main.querySelector(".notice, h1");
  first.setAttribute("tabindex", "-1");
  first.focus();
  first.scrollIntoView({ block: "center" });
}

function send(form, upload, button) {
  const way = upload.querySelector("[data-way]");
  const bar = way.querySelector("progress");
  const said = way.querySelector("[data-said]");
  const cancel = way.querySelector("[data-cancel]");
  const request = new XMLHttpRequest();
  let last = -SAID_EVERY;

  const stop = () => request.abort();
  const leaving = (event) => event.preventDefault();
  const ended = (sentence) => {
    button.disabled = false;
    cancel.hidden = true;
    bar.hidden = true;
    cancel.removeEventListener("click", stop);
    window.removeEventListener("beforeunload", leaving);
    said.textContent = sentence;
  };

  request.upload.addEventListener("progress", ({ loaded, total }) => {
    const percent = Math.floor((100 * loaded) / total);
    bar.value = percent;
    if (percent < last + SAID_EVERY && percent < 100) return;
    last = percent;
    const values = { done: megabytes(loaded), whole: megabytes(total), percent };
    said.textContent = percent < 100 ? words(said.dataset.sending, values) : said.dataset.checking;
  });
  request.addEventListener("load", () => {
    ended("");
    show(request);
  });
  request.addEventListener("error", () => ended(said.dataset.broken));
  request.addEventListener("abort", () => {
    ended(said.dataset.stopped);
    button.focus();
  });

  const body = new FormData(form);
  button.disabled = true;
  way.hidden = bar.hidden = cancel.hidden = false;
  bar.value = 0;
  cancel.addEventListener("click", stop);
  window.addEventListener("beforeunload", leaving);
  request.open("POST", form.action);
  request.send(body);
  cancel.focus();
}

function setUp(form) {
  for (const upload of form.querySelectorAll(".upload")) {
    const input = upload.querySelector("input[type=file]");
    const field = upload.querySelector(".field");
    upload.querySelector("[data-drop]").hidden = false;
    input.addEventListener("change", () => tooLarge(upload, input));
    field.addEventListener("dragover", (event) => {
      event.preventDefault();
      field.classList.add("field--over");
    });
    for (const name of ["dragleave", "drop"]) {
      field.addEventListener(name, () => field.classList.remove("field--over"));
    }
    field.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      const one = new DataTransfer();
      one.items.add(event.dataTransfer.files[0]);
      input.files = one.files;
      tooLarge(upload, input);
      input.focus();
    });
  }
  form.addEventListener("submit", (event) => {
    const upload = [...form.querySelectorAll(".upload")].find(
      (one) => one.querySelector("input[type=file]").files.length,
    );
    if (!upload) return;
    event.preventDefault();
    const input = upload.querySelector("input[type=file]");
    if (tooLarge(upload, input)) input.focus();
    else send(form, upload, event.submitter ?? form.querySelector("[type=submit]"));
  });
}

for (const form of document.querySelectorAll("form[data-upload]")) setUp(form);
