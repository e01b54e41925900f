// What is left until the door opens and the webinar begins. Without this script the page says
// both hours in words. Where motion is unwelcome only minutes pass, not seconds. When the door
// opens, the way in appears; nobody is led there: a page that was left open is nobody who came.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const box = document.querySelector("[data-countdown]");
const part = (name) => box.querySelector(`[data-${name}]`);
const words = box.dataset;

// The server's clock counts: that of the visitor may be wrong.
const ahead = Date.now() - Date.parse(words.now);
const now = () => Date.now() - ahead;
const opens = Date.parse(words.opens);
const starts = Date.parse(words.starts);

function parts(milliseconds, seconds) {
  const left = seconds && milliseconds < DAY ? milliseconds : Math.ceil(milliseconds / MINUTE) * MINUTE;
  const days = Math.floor(left / DAY);
  const all = [
    [days, days === 1 ? words.day : words.days],
    [Math.floor((left % DAY) / HOUR), words.hour],
    [Math.floor((left % HOUR) / MINUTE), words.minute],
  ];
  if (seconds && !days) all.push([Math.floor((left % MINUTE) / SECOND), words.second]);
  const first = all.findIndex(([number]) => number > 0);
  return all.slice(first < 0 ? -1 : first);
}

function inWords(milliseconds) {
  return parts(milliseconds, false)
    .filter(([number]) => number > 0)
    .map(([number, unit]) => `${number}\u00a0${unit}`)
    .join(" ");
}

function draw(milliseconds) {
  const face = part("face");
  const cells = parts(milliseconds, !calm.matches).map(([number, unit], index) => {
    const cell = document.createElement("span");
    const figure = document.createElement("strong");
    figure.textContent = index ? String(number).padStart(2, "0") : number;
    cell.append(figure, ` ${unit}`);
    return cell;
  });
  face.replaceChildren(...cells);
  face.hidden = false;
}

// Spoken rarely: at first, each quarter of an hour, and each of the last five minutes.
let spoken = null;

function speak(milliseconds) {
  const minutes = Math.ceil(milliseconds / MINUTE);
  const mark = minutes <= 5 ? minutes : Math.ceil(minutes / 15) * 15;
  if (mark === spoken) return;
  spoken = mark;
  part("spoken").textContent = words.said.replace("{time}", inWords(milliseconds));
}

function showTheWay() {
  part("face").hidden = true;
  part("way").hidden = false;
  for (const line of document.querySelectorAll("[data-before]")) line.hidden = true;
  part("spoken").textContent = words.open;
}

function leftUntilTheStart(instant) {
  const line = box.querySelector('[data-left="starts"]');
  line.textContent = instant < starts ? words.in.replace("{time}", inWords(starts - instant)) : "";
}

let timer = null;

function tick() {
  const instant = now();
  leftUntilTheStart(instant);
  if (instant >= opens) {
    if (part("way").hidden) showTheWay();
    if (instant >= starts) clearInterval(timer);
    return;
  }
  draw(opens - instant);
  speak(opens - instant);
}

timer = setInterval(tick, SECOND);
tick();
