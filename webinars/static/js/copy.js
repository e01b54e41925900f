// The button that copies an address. Without this script the address stands in a field to copy by hand.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const words = button.textContent;

  button.setAttribute("aria-live", "polite");
  button.classList.add("is-ready");
  field.addEventListener("focus", () => field.select());

  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select(); // No right to the clipboard: the address is at least marked.
      return;
    }
    button.textContent = button.dataset.done;
    setTimeout(() => (button.textContent = words), 2500);
  });
}
