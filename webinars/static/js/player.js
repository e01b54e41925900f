// Chapters and lines of the transcript play at once, `?t=` opens the video at its second, what is
// being said is marked and followed. Where somebody left, their speed, and the hosts whose videos
// they always play stay in their browser. Without this script each line is an ordinary address.

const NEAR_THE_END = 20; // Seconds: who left there has seen it.
const WORTH_RESUMING = 10;
const STEP = 10;

const player = document.querySelector("#player");
const links = [...player.querySelectorAll("[data-seconds]")];
const chapters = links.filter((link) => link.closest(".chapters"));
const lines = links.filter((link) => link.closest(".transcript"));
const asked = Math.max(0, Number.parseInt(new URLSearchParams(location.search).get("t"), 10) || 0);
const place = `webinars.replay:${player.dataset.page}`;

const memory = {
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // A browser that keeps nothing plays all the same.
    }
  },
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // As above.
    }
  },
};

function timecode(seconds) {
  const parts = [Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60].map((n) => `${n}`.padStart(2, "0"));
  const hours = Math.floor(seconds / 3600);
  return hours ? `${hours}:${parts.join(":")}` : parts.join(":");
}

function running(among, seconds) {
  return among.findLast((link) => Number(link.dataset.seconds) <= seconds + 0.25);
}

function markOne(among, one) {
  for (const link of among) {
    if (link === one) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

// The resources of the chapter that plays, beside it: those that the page lists further down.
function showResources(chapter) {
  const box = player.querySelector("[data-now]");
  if (!box || box.dataset.of === chapter?.dataset.seconds) return;
  box.dataset.of = chapter?.dataset.seconds ?? "";
  const found = chapter && document.querySelector(`.moment[data-seconds="${chapter.dataset.seconds}"]`);
  const titles = found ? [...found.querySelectorAll(".resource__title")] : [];
  box.querySelector("[data-now-lines]").replaceChildren(
    ...titles.map((title) => {
      const line = document.createElement("li");
      line.append(title.cloneNode(true));
      return line;
    }),
  );
  box.hidden = titles.length === 0;
}

function markChapter(seconds) {
  const chapter = running(chapters, seconds);
  markOne(chapters, chapter);
  showResources(chapter);
}

// What the rest of the page asks of a player: where it is, and to play from a second on.
function ownVideo(video) {
  const bar = player.querySelector("[data-bar]");
  const speed = bar.querySelector("[data-speed]");
  const resume = bar.querySelector("[data-resume]");

  const mark = () => {
    markChapter(video.currentTime);
    const line = running(lines, video.currentTime);
    markOne(lines, line);
    player.dispatchEvent(new CustomEvent("said", { detail: line }));
  };
  const play = (seconds) => {
    video.currentTime = seconds; // Before the video is loaded this is where it will begin.
    video.play().catch(() => {}); // Refused without a gesture on some phones: the place is kept.
  };

  bar.hidden = false;
  speed.value = memory.get("webinars.speed") ?? "1";
  if (!speed.value) speed.value = "1";
  const setSpeed = () => {
    video.defaultPlaybackRate = Number(speed.value);
    video.playbackRate = Number(speed.value);
  };
  setSpeed();
  speed.addEventListener("change", () => {
    setSpeed();
    memory.set("webinars.speed", speed.value === "1" ? null : speed.value);
  });

  if (asked > 0) video.currentTime = asked;
  const left = Number(memory.get(place)) || 0;
  if (left >= WORTH_RESUMING && asked === 0) {
    const words = resume.querySelector("span");
    words.textContent = words.textContent.replace("{time}", timecode(left));
    resume.hidden = false;
    resume.addEventListener("click", () => play(left));
  }
  video.addEventListener("play", () => {
    resume.hidden = true;
  });
  let noted = -1;
  const note = () => {
    const second = Math.floor(video.currentTime);
    if (second === noted || !video.played.length) return;
    noted = second;
    const ends = Number.isFinite(video.duration) && second > video.duration - NEAR_THE_END;
    memory.set(place, ends || second < WORTH_RESUMING ? null : String(second));
  };
  for (const event of ["timeupdate", "seeked"]) {
    video.addEventListener(event, () => {
      mark();
      note();
    });
  }
  video.addEventListener("error", () => {
    player.querySelector("[data-failed]").hidden = false;
  });
  mark();

  const keys = {
    k: () => (video.paused ? play(video.currentTime) : video.pause()),
    j: () => (video.currentTime = Math.max(0, video.currentTime - STEP)),
    l: () => (video.currentTime += STEP),
    n: () => chapters.find((link) => Number(link.dataset.seconds) > video.currentTime + 1)?.click(),
    p: () => running(chapters, video.currentTime - 3)?.click(),
  };
  player.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
  return play;
}

// The player of another host: it begins where it is asked to, and says nothing of where it is.
function framed(choice) {
  let shown = choice;
  return (seconds, plays = true) => {
    const { embed, kind, title } = choice.dataset;
    const address = new URL(embed);
    if (plays) address.searchParams.set("autoplay", "1");
    const second = Math.floor(seconds);
    if (kind === "vimeo") address.hash = `t=${second}s`;
    else address.searchParams.set("start", kind === "peertube" ? `${second}s` : second);
    const frame = document.createElement("iframe");
    frame.title = title;
    frame.allow = "autoplay; fullscreen; picture-in-picture";
    frame.referrerPolicy = "strict-origin"; // YouTube plays nothing for who sends none.
    frame.src = address.href;
    shown.replaceWith(frame);
    shown = frame;
    if (plays) player.dispatchEvent(new CustomEvent("framed"));
    markChapter(second);
  };
}

// What another host has is loaded at a click, or because somebody has said “always” before.
function elsewhere(choice) {
  const key = `webinars.plays:${choice.dataset.host}`;
  const button = choice.querySelector("[data-load]");
  let begins = asked;
  let play = null;
  const load = (seconds, plays = true) => {
    const away = choice.querySelector("[data-away]");
    const kept = choice.querySelector("template")?.content.firstElementChild;
    if (kept) {
      // What was parsed in a template has failed there for good: here it is another one.
      const video = document.importNode(kept, true);
      choice.replaceWith(video);
      play = ownVideo(video);
      if (plays) play(seconds);
    } else {
      play = framed(choice);
      play(seconds, plays);
    }
    // Nobody tells us when a player of another host fails: the way to its page stays.
    const bar = player.querySelector("[data-bar]");
    away.className = "link";
    away.hidden = false;
    bar.append(away);
    bar.hidden = false;
  };
  if (!button) return null;
  button.hidden = false;
  choice.querySelector("[data-says-load]").hidden = false;
  for (const one of choice.querySelectorAll("[data-away], [data-says-away]")) one.hidden = true;
  const always = choice.querySelector("[data-always]");
  always.checked = memory.get(key) === "yes";
  always.addEventListener("change", () => memory.set(key, always.checked ? "yes" : null));
  button.addEventListener("click", () => load(begins));
  if (always.checked) load(asked, false);
  return (seconds) => {
    begins = seconds;
    if (play) play(seconds);
    else if (always.checked) load(seconds);
    else button.focus();
  };
}

const video = player.querySelector("video");
const choice = player.querySelector(".player__elsewhere");
const play = video ? ownVideo(video) : elsewhere(choice);

if (play) {
  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      history.replaceState(null, "", `?t=${link.dataset.seconds}`);
      play(Number(link.dataset.seconds));
    });
  }
}
