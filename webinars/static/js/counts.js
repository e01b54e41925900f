// Counts without watching: that the replay began to play, which of its minutes were played, that a
// resource was opened. Sums by day are all that is kept; nothing is sent for who asks not to be
// counted. Links are plain links: without this script they work and are not counted.

const ENOUGH = 10; // Seconds of a minute that were played: the minute counts.
const AT_ONCE = 2; // Seconds between two signs of a video that plays, however fast.
const EVERY = 60_000; // Milliseconds between what is sent while it plays.

const asked = navigator.globalPrivacyControl || navigator.doNotTrack === "1";
const send = (address, what) => navigator.sendBeacon?.(address, JSON.stringify(what));

function countPlays(player) {
  const { counts, page: replay } = player.dataset;
  const played = new Set();
  let begun = false;
  let sent = 0;
  let before = null; // The second at which it was last seen playing.
  let minute = -1;
  let seconds = 0; // Of that minute, since it was entered.

  const begin = () => {
    if (begun) return;
    begun = true;
    sent = performance.now();
    send(counts, { replay, begins: true });
  };
  const tell = () => {
    if (!played.size) return;
    send(counts, { replay, minutes: [...played] });
    played.clear();
    sent = performance.now();
  };
  const follow = ({ target: video }) => {
    const now = video.currentTime;
    const more = now - before;
    const plays = before !== null && !video.paused && !video.seeking && more > 0 && more < AT_ONCE * video.playbackRate;
    before = now;
    if (!plays) return;
    begin();
    const present = Math.floor(now / 60);
    if (present !== minute) {
      minute = present;
      seconds = 0;
    }
    const had = seconds;
    seconds += more;
    // The last minute may be shorter than what is enough of any other.
    const enough = Math.min(ENOUGH, Math.max(1, (video.duration - minute * 60) / 2) || ENOUGH);
    if (had < enough && seconds >= enough) played.add(minute);
    if (performance.now() - sent > EVERY) tell();
  };

  // The events of a video do not rise, but they come down.
  player.addEventListener("timeupdate", follow, true);
  player.addEventListener("seeking", () => (before = null), true);
  // The player of another host tells us nothing more than that it was asked for.
  player.addEventListener("framed", begin);
  player.addEventListener("ended", tell, true);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && tell());
  addEventListener("pagehide", tell);
}

// Which page of ours led here: that of a webinar by its name, that of a theme, or another one.
function cameFrom() {
  const before = document.referrer ? new URL(document.referrer) : null;
  if (before?.origin !== location.origin) return { place: "resource" };
  const webinar = before.pathname.match(/\/cycles\/([^/]+\/[^/]+)$/);
  if (webinar) return { place: "replay", replay: webinar[1] };
  return { place: /\/themes\/[^/]+$/.test(before.pathname) ? "theme" : "resource" };
}

function countOpenings(link) {
  const { counts, resource } = link.dataset;
  const opened = () => send(counts, { resource, ...cameFrom() });
  link.addEventListener("click", opened);
  link.addEventListener("auxclick", (event) => event.button === 1 && opened());
}

if (!asked) {
  const player = document.querySelector("#player[data-counts]");
  if (player) countPlays(player);
  for (const link of document.querySelectorAll("a[data-resource]")) countOpenings(link);
}
