// The page: one stream for what changes, questions now and then for the rest, and what is known of the connection.
import { events, get, Refused, token } from "./api.js";
import { byId, say } from "./dom.js";
import { beginFeed, draw, feedNote, hearFact } from "./feed.js";
import { showRisk, tick } from "./risk.js";
import { showServices } from "./services.js";
import { explain } from "./subject.js";
import { heard, now, span, zoneInWords } from "./time.js";
import { showWorkers, tickWorkers } from "./workers.js";

const STATUS_MS = 5000;
const SERVICES_MS = 10000;
const MAX_PAGES = 3;
const LIMIT = 100;

let stream = new AbortController();
let last = null; // id of the newest fact
let heardAt = null; // server time of the newest word of the stream
let problem = null; // why there is none
let unread = null; // why facts may be missing
let timers = [];

const filters = () => Object.fromEntries(new FormData(byId("filters")));

// -- what the stream tells

async function follow(signal) {
  for (let wait = 1000; !signal.aborted; wait = Math.min(2 * wait, 15000)) {
    try {
      for await (const event of events({ limit: LIMIT, ...filters() }, last, signal)) {
        wait = 1000;
        take(event);
      }
      problem = "The stream ended.";
    } catch (error) {
      if (signal.aborted || refused(error)) return;
      problem = error instanceof Refused ? error.message : "No answer.";
      await askInstead(error);
    }
    feedNote(problem);
    await rest(wait, signal);
  }
}

function take(event) {
  problem = null;
  if (event.name === "at-risk") showRisk(event.data, explain);
  if (event.name === "begin") {
    beginFeed();
    unread = null;
  }
  if (event.name === "unread") unread = "Kafka cannot be read: newer facts may be missing.";
  if (event.name === "fact") hearFact(event.data, explain);
  if (event.data.now) {
    heard(event.data.now);
    heardAt = now();
  }
  last = event.id ?? last;
  feedNote(unread);
}

// Too many watch already: the table is asked for instead, and only the feed is missing.
async function askInstead(error) {
  if (!(error instanceof Refused) || error.status !== 503) return lost("at-risk", error);
  return ask("/at-risk", { limit: LIMIT, ...filters() }, (body) => {
    showRisk(body, explain);
    heardAt = now();
  });
}

function restart() {
  stream.abort();
  stream = new AbortController();
  follow(stream.signal);
}

// -- what is asked for

async function ask(path, query, show) {
  try {
    const body = await get(path, query);
    if (body.now) heard(body.now);
    show(body);
  } catch (error) {
    if (!refused(error)) return error;
  }
  return null;
}

async function askStatus() {
  const error = await ask("/status", {}, showWorkers);
  if (error) lost("workers", error);
}

async function askServices() {
  const bodies = [];
  for (let cursor = ""; cursor !== null && bodies.length < MAX_PAGES; cursor = bodies.at(-1).next) {
    const error = await ask("/services", { limit: LIMIT, cursor }, (body) => bodies.push(body));
    if (error) return lost("services", error);
    if (!byId("door").hidden) return null;
  }
  return showServices(bodies, explain);
}

function lost(name, error) {
  say(byId(`${name}-note`), `${error instanceof Refused ? error.message : "No answer."} What is shown may be old.`);
  byId(`${name}-note`).classList.add("bad");
}

// -- who may see it

function refused(error) {
  if (!(error instanceof Refused) || ![401, 403].includes(error.status)) return false;
  if (!byId("door").hidden) return true; // of several questions at once the first has said so
  const wrong = token.get() !== null;
  token.forget();
  close(error.status === 403 ? error.message : wrong ? "This token opens nothing here." : "The tickets are behind a door.", error.status === 401);
  return true;
}

function close(why, mayEnter) {
  stop();
  byId("content").hidden = true;
  byId("door").hidden = false;
  byId("forget").hidden = true;
  say(byId("door-why"), why);
  for (const part of byId("door").querySelectorAll("input, button, label, #door-note")) part.hidden = !mayEnter;
  if (mayEnter) byId("token").focus();
  say(byId("connection"), mayEnter ? "A token is needed" : "Not set up");
  byId("connection").dataset.state = "lost";
}

function start() {
  byId("door").hidden = true;
  byId("content").hidden = false;
  byId("forget").hidden = token.get() === null;
  stop();
  restart();
  askStatus();
  askServices();
  timers = [setInterval(unlessHidden(askStatus), STATUS_MS), setInterval(unlessHidden(askServices), SERVICES_MS)];
}

function stop() {
  stream.abort();
  timers.forEach(clearInterval);
}

const unlessHidden = (action) => () => { if (!document.hidden) action(); };

function rest(ms, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal.addEventListener("abort", resolve, { once: true });
  });
}

// -- what can be done

byId("filters").addEventListener("submit", (event) => { event.preventDefault(); restart(); });
byId("within").addEventListener("change", restart);
byId("kind").addEventListener("change", draw);
byId("look").addEventListener("submit", (event) => {
  event.preventDefault();
  explain(byId("look-kind").value, byId("look-id").value.trim());
});
byId("door").addEventListener("submit", (event) => {
  event.preventDefault();
  token.set(byId("token").value.trim());
  byId("token").value = "";
  start();
});
byId("forget").addEventListener("click", () => {
  token.forget();
  location.reload();
});

setInterval(() => {
  tick();
  tickWorkers();
  if (!byId("door").hidden) return;
  const since = heardAt === null ? null : (now() - heardAt) / 1000;
  const good = problem === null && since !== null && since < 15;
  byId("connection").dataset.state = good ? "live" : since === null && problem === null ? "loading" : "lost";
  say(byId("age"), good || since === null ? "" : `What is shown is ${span(since)} old.`);
  say(byId("connection"), good ? "Live" : since === null && problem === null ? "Loading" : `Not live: ${problem ?? "Nothing is heard."}`);
}, 250);

say(byId("zone"), zoneInWords());
for (const id of ["at-risk", "services", "workers"]) say(byId(`${id}-note`), "Loading");
start();
