// Chapters play at once, `?t=` opens the video at its second, the running chapter is marked.
// Without this script a chapter is an ordinary address that opens the page at that second.

const video = document.querySelector("#player video");
const chapters = [...document.querySelectorAll("#player [data-seconds]")];

function mark() {
  const running = chapters.findLast((link) => Number(link.dataset.seconds) <= video.currentTime + 0.25);
  for (const link of chapters) {
    if (link === running) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function seek(seconds) {
  video.currentTime = seconds; // Before the video is loaded this is where it will begin.
}

if (video) {
  const asked = Number.parseInt(new URLSearchParams(location.search).get("t"), 10);
  if (asked > 0) seek(asked);
  mark();

  video.addEventListener("timeupdate", mark);
  video.addEventListener("seeked", mark);

  for (const link of chapters) {
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      seek(Number(link.dataset.seconds));
      history.replaceState(null, "", `?t=${link.dataset.seconds}`);
      video.play().catch(() => {}); // Refused without a gesture on some phones: the place is kept.
    });
  }
}
