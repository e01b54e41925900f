// The transcript beside a player: it keeps the line in sight that is being said, which the player
// tells, and finds words.

const MARKS = /\p{Diacritic}/gu;
const LEAST = 2;

const plain = (text) => text.normalize("NFD").replace(MARKS, "").toLowerCase().replaceAll("’", "'").replaceAll("œ", "oe").replaceAll("æ", "ae");

const player = document.querySelector("#player");
const text = player.querySelector(".transcript__text");
const tools = player.querySelector("[data-tools]");

// Inside of its own box: the page itself never moves.
function follow() {
  const box = tools.querySelector("[data-follow]");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let last = null;
  player.addEventListener("said", ({ detail: line }) => {
    if (!line || line === last || !box.checked || !text.offsetParent) return;
    last = line;
    text.scrollBy({
      top: line.getBoundingClientRect().top - text.getBoundingClientRect().top - text.clientHeight / 3,
      behavior: calm.matches ? "instant" : "smooth",
    });
  });
}

function search() {
  const found = tools.querySelector("[data-found]");
  const field = tools.querySelector("input[type=search]");
  const paragraphs = [...text.querySelectorAll("p")].map((paragraph) => ({
    paragraph,
    lines: [...paragraph.querySelectorAll("a")].map((link) => ({ link, words: plain(link.textContent) })),
  }));

  field.addEventListener("input", () => {
    const wanted = plain(field.value.trim());
    const asks = wanted.length >= LEAST;
    let count = 0;
    for (const { paragraph, lines } of paragraphs) {
      let here = 0;
      for (const { link, words } of lines) {
        const hit = asks && words.includes(wanted);
        link.toggleAttribute("data-hit", hit);
        here += hit ? 1 : 0;
      }
      paragraph.hidden = asks && here === 0;
      count += here;
    }
    const { none, one, many } = found.dataset;
    found.textContent = asks ? [none, one][count] ?? many.replace("{count}", count) : "";
  });
}

if (tools) {
  tools.hidden = false;
  follow();
  search();
}
