// Beside the hour in the webinar's zone, the visitor's own, when the two differ.

const language = document.documentElement.lang;

function wordsFor(instant, zone, parts) {
  return new Intl.DateTimeFormat(language, { ...parts, timeZone: zone }).format(instant);
}

// As the pages write hours: "12 h", "12 h 30" in French.
function hourOf(instant) {
  const [hours, minutes] = [instant.getHours(), instant.getMinutes()];
  if (language !== "fr") return wordsFor(instant, undefined, { hour: "numeric", minute: "2-digit" });
  return `${hours}\u00a0h${minutes ? `\u00a0${String(minutes).padStart(2, "0")}` : ""}`;
}

for (const line of document.querySelectorAll("[data-local-time]")) {
  const { starts, ends, zone, words } = line.dataset;
  const start = new Date(starts);
  const whole = { dateStyle: "short", timeStyle: "short" };
  if (wordsFor(start, zone, whole) === wordsFor(start, undefined, whole)) continue;

  const day = { day: "numeric", month: "short" };
  const sameDay = wordsFor(start, zone, day) === wordsFor(start, undefined, day);
  const date = sameDay ? "" : `${wordsFor(start, undefined, { ...day, weekday: "short" })}, `;
  const hours = `${hourOf(start)} – ${hourOf(new Date(ends))}`;
  line.append(` · ${words.replace("{time}", date + hours)}`);
}
