// Time as the server has it: the clock of whoever looks may be wrong, and may be set while they look.

let ahead = null; // server time less performance.now()

// What an answer says of now. Answers are late by their way, never early: the newest that is furthest ahead is the truest.
export function heard(now) {
  const found = Date.parse(now) - performance.now();
  if (ahead === null || found > ahead || ahead - found > 5000) ahead = found;
}

export const now = () => (ahead === null ? Date.now() : ahead + performance.now());

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
const day = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
const offset = new Intl.DateTimeFormat("en-GB", { timeZoneName: "longOffset" });

export function zoneInWords() {
  const part = offset.formatToParts(now()).find((one) => one.type === "timeZoneName");
  return `Times are of ${zone} (${part?.value ?? "UTC"})`;
}

// 2024-01-05 12:45:00, of the viewer's zone
export const local = (instant) => (instant ? day.format(Date.parse(instant)) : "");

export function localTime(instant, element) {
  element.dateTime = instant;
  element.title = instant;
  element.textContent = local(instant);
  return element;
}

// 90061 seconds: "1 d 1 h 1 m 1 s"; of days the seconds are left out
export function span(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  const [d, h, m, s] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  if (d) return `${d} d ${two(h)} h ${two(m)} m`;
  if (h) return `${h} h ${two(m)} m ${two(s)} s`;
  return m ? `${m} m ${two(s)} s` : `${s} s`;
}

export const left = (instant) => (Date.parse(instant) - now()) / 1000;
export const ago = (instant) => `${span(Math.max(0, -left(instant)))} ago`;
