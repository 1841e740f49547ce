// Services with what is left of their budgets, as bars that also say it in words.
import { Keyed, byId, el, say, word } from "./dom.js";
import { localTime, span } from "./time.js";

const STATES = { up: ["fine", "✓"], degraded: ["next", "◆"], down: ["over", "✕"], maintenance: ["later", "○"] };
const list = new Keyed(byId("service-list"));

export function showServices(bodies, explain) {
  const services = bodies.flatMap((body) => body.services);
  list.show(services, (service) => service.service, (service) => lineOf(service, explain));
  say(byId("services-note"), noteOf(bodies, services.length));
  byId("services-note").classList.toggle("bad", bodies.some((body) => !body.complete));
}

function noteOf(bodies, count) {
  const missing = [...new Set(bodies.flatMap((body) => body.missing))].sort((a, b) => a - b);
  const said = missing.length ? [`Not complete: no worker has told of partition ${missing.join(", ")}.`] : [];
  if (count === 0) said.push("No service is known.");
  if (bodies.at(-1).next !== null) said.push(`The first ${count} by id.`);
  return said.join(" ");
}

function lineOf(service, explain) {
  return el("li", { "data-key": service.service },
    el("div", { class: "subject" }, el("button", { type: "button", class: "name", click: () => explain("service", service.service) },
      service.service, el("span", { class: "unseen" }, ": explain this service"))),
    service.clocks.length ? service.clocks.map(clockOf) : el("p", { class: "quiet" }, "No open clock."));
}

function clockOf(clock) {
  const [kind, sign] = STATES[clock.state] ?? ["later", "?"];
  return el("div", { class: "promise" },
    el("div", {}, word(kind, sign, clock.state.replaceAll("_", " ")), " ", `${clock.objective} ${clock.target?.text ?? ""}`, " ",
      el("span", { class: "quiet" }, `${clock.policy}, ${clock.period?.text ?? ""}`),
      clock.breached_at ? " " : null, clock.breached_at ? word("over", "✕", "broken") : null),
    clock.budget ? budgetOf(clock) : el("div", { class: "quiet" }, figureOf(clock)),
    clock.due_at && !clock.breached_at ? el("div", { class: "word soon" }, "gone at ", localTime(clock.due_at, el("time"))) : null);
}

function budgetOf(clock) {
  const { seconds, remaining_seconds: rest } = clock.budget;
  const share = seconds > 0 ? Math.max(0, rest / seconds) : 0;
  const bar = el("span", { class: `fill ${share <= 0 ? "over" : share < 0.25 ? "soon" : "fine"}` });
  bar.style.width = `${(100 * Math.min(1, share)).toFixed(1)}%`; // by the object model: CSP forbids attributes
  const said = rest < 0 ? `budget of ${span(seconds)} overdrawn by ${span(rest)}`
    : `${span(rest)} of ${span(seconds)} budget left (${Math.floor(100 * share)} %)`;
  return el("div", { class: "budget" }, el("span", { class: "bar", "aria-hidden": "true" }, bar),
    el("span", {}, said, el("span", { class: "quiet" }, ` ${figureOf(clock)}`)));
}

function figureOf(clock) {
  const said = [];
  if (typeof clock.availability === "number") said.push(`${(100 * clock.availability).toFixed(4)} % up`);
  if (clock.outages) said.push(clock.outages === 1 ? "1 outage" : `${clock.outages} outages`);
  if (clock.unknown_seconds) said.push(`${span(clock.unknown_seconds)} not known`);
  return said.join(", ");
}
