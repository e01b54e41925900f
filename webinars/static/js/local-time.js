// Beside the hour in the webinar's zone, the visitor's own, when the two differ.

const language = document.documentElement.lang;

function wordsFor(instant, zone, parts) {
  return new Intl.DateTimeFormat(language, { ...parts, timeZone: zone }).format(instant);
}

for (const line of document.querySelectorAll("[data-local-time]")) {
  const { starts, ends, zone, words } = line.dataset;
  const start = new Date(starts);
  const whole = { dateStyle: "short", timeStyle: "short" };
  if (wordsFor(start, zone, whole) === wordsFor(start, undefined, whole)) continue;

  const day = { day: "numeric", month: "short" };
  const hour = { hour: "numeric", minute: "2-digit" };
  const sameDay = wordsFor(start, zone, day) === wordsFor(start, undefined, day);
  const from = wordsFor(start, undefined, sameDay ? hour : { ...day, weekday: "short", ...hour });
  const until = wordsFor(new Date(ends), undefined, hour);
  line.append(` · ${words.replace("{time}", `${from} – ${until}`)}`);
}
