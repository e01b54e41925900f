// Panels as tabs (WAI-ARIA Authoring Practices, “Tabs with automatic activation”). Without this
// script the panels stand beneath each other, each with its own heading.

function tabs(side) {
  const list = side.querySelector("[role=tablist]");
  const buttons = [...list.querySelectorAll("[role=tab]")];
  const panel = (button) => document.getElementById(button.getAttribute("aria-controls"));

  const choose = (chosen) => {
    for (const button of buttons) {
      const is = button === chosen;
      button.setAttribute("aria-selected", String(is));
      button.tabIndex = is ? 0 : -1;
      panel(button).toggleAttribute("data-shown", is); // Not `hidden`: paper shows both.
    }
  };

  for (const button of buttons) {
    panel(button).setAttribute("role", "tabpanel");
    panel(button).setAttribute("aria-labelledby", button.id);
    button.addEventListener("click", () => choose(button));
  }
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = buttons.indexOf(document.activeElement) + step;
    const next = buttons[(at + buttons.length) % buttons.length];
    choose(next);
    next.focus();
  });

  side.classList.add("player__side--tabs");
  list.hidden = false;
  choose(buttons[0]);
}

for (const side of document.querySelectorAll("[data-side]")) tabs(side);
