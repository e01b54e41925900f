// The year board with the mouse and the keys: drag a card, or pick it up. Every act of this
// script is a form of the page, sent; without it the menus do the same.

const board = document.querySelector("[data-board]");
const cards = [...board.querySelectorAll("[data-card]")];
const says = board.querySelector("[data-says]");
const words = board.dataset;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// One card onto another: they swap. Onto a free date: it moves there.
function drop(card, target) {
  const [act, name, value] = target.dataset.card
    ? ["swap", "other", target.dataset.card]
    : ["move", "day", target.dataset.free];
  const form = document.querySelector(`[data-drop="${act}"]`);
  form.elements.slug.value = card.dataset.card;
  form.elements[name].value = value;
  form.submit();
}

// A month that has neither: its date is still to be chosen, in the menu.
function chooseDay(card, month) {
  const menu = card.querySelector(".menu");
  const day = menu.querySelector('input[name="day"]');
  menu.open = true;
  day.closest("details").open = true;
  day.value = month.dataset.month.slice(0, 8) + day.value.slice(8);
  day.focus();
}

// Dragging ------------------------------------------------------------------------------

let dragged = null;

const mark = (target) => {
  board.querySelector(".is-target")?.classList.remove("is-target");
  target?.classList.add("is-target");
};

function targetOf(event) {
  const found = event.target.closest("[data-card], [data-free], [data-month]");
  if (!found || found === dragged) return null;
  return found.dataset.month && found.querySelector("[data-card], [data-free]") ? null : found;
}

for (const card of cards) {
  card.draggable = true;
  for (const link of card.querySelectorAll("a")) link.draggable = false;
  card.addEventListener("dragstart", (event) => {
    dragged = card;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.title);
    card.classList.add("is-dragged");
  });
  card.addEventListener("dragend", () => {
    dragged = null;
    mark(null);
    card.classList.remove("is-dragged");
  });
}

board.addEventListener("dragover", (event) => {
  if (!dragged) return;
  const target = targetOf(event);
  mark(target);
  if (target) event.preventDefault();
});

board.addEventListener("drop", (event) => {
  const target = dragged && targetOf(event);
  if (!target) return;
  event.preventDefault();
  if (target.dataset.month) chooseDay(dragged, target);
  else drop(dragged, target);
});

// Picking up with the keys --------------------------------------------------------------

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
let held = null;

const targets = () =>
  [...board.querySelectorAll("[data-card], [data-free]")].filter((one) => one !== held.card);

function pickUp(card, handle) {
  held = { card, handle, at: null };
  card.classList.add("is-held");
  handle.setAttribute("aria-pressed", "true");
  says.textContent = fill(words.picked, card.dataset);
}

function letGo(say = true) {
  held.card.classList.remove("is-held");
  held.handle.setAttribute("aria-pressed", "false");
  mark(null);
  if (say) says.textContent = fill(words.letGo, held.card.dataset);
  held = null;
}

function step(by) {
  const all = targets();
  if (!all.length) return;
  const order = [...board.querySelectorAll("[data-card], [data-free]")];
  const own = order.indexOf(held.card);
  const from = held.at === null ? (by > 0 ? own - 1 : own) : held.at;
  held.at = (from + by + all.length) % all.length;
  const target = all[held.at];
  mark(target);
  target.scrollIntoView({ block: "center" });
  says.textContent = fill(target.dataset.card ? words.overCard : words.overDate, {
    ...target.dataset,
    number: held.at + 1,
    count: all.length,
  });
}

function onKey(event) {
  const handle = event.currentTarget;
  const card = handle.closest("[data-card]");
  const enters = event.key === "Enter" || event.key === " ";
  if (held && held.card !== card) letGo(false);
  if (!held && !enters) return;
  if (!(enters || event.key in STEPS || event.key === "Escape")) return;
  event.preventDefault();
  if (!held) pickUp(card, handle);
  else if (event.key in STEPS) step(STEPS[event.key]);
  else if (event.key === "Escape" || held.at === null) letGo();
  else drop(held.card, targets()[held.at]);
}

for (const handle of board.querySelectorAll("[data-handle]")) {
  handle.hidden = false;
  handle.setAttribute("aria-pressed", "false");
  handle.addEventListener("keydown", onKey);
  handle.addEventListener("blur", () => held?.handle === handle && letGo(false));
  // A screen reader's click, or a finger: the same as Enter.
  handle.addEventListener("click", (event) => {
    if (event.detail === 0 && held === null) pickUp(handle.closest("[data-card]"), handle);
  });
}
document.getElementById("handle-help").hidden = false;

// Rotating: in words what would happen, as the boxes are ticked -------------------------

const rotation = board.querySelector("[data-rotation]");
const picks = [...board.querySelectorAll("[data-pick]")];

function sayRotation() {
  const chosen = picks.filter((one) => one.checked).map((one) => one.closest("[data-card]"));
  const lines = [];
  if (chosen.length === 1) lines.push(["", words.oneMore]);
  if (chosen.length > 1) {
    for (const [name, by] of [[words.forwards, 1], [words.backwards, -1]]) {
      const to = (index) => chosen[(index + by + chosen.length) % chosen.length].dataset.when;
      const places = chosen.map((card, index) => `${card.dataset.title} → ${to(index)}`);
      lines.push([name, places.join("; ")]);
    }
  }
  rotation.replaceChildren(
    ...lines.map(([name, text]) => {
      const line = document.createElement("p");
      const strong = document.createElement("strong");
      strong.textContent = name;
      line.append(strong, name ? " " : "", text);
      return line;
    }),
  );
}

board.querySelector("[data-ask]").hidden = true;
for (const pick of picks) pick.addEventListener("change", sayRotation);
if (picks.some((one) => one.checked) && !rotation.querySelector(".field__error")) sayRotation();

// What was just done is read out, and Undo is the next stop of the Tab key. The address leads to
// the card, and the browser takes the focus from elsewhere when it has gone there: so after that.
addEventListener("load", () =>
  setTimeout(() => document.querySelector("[data-done]")?.focus({ preventScroll: true })),
);
