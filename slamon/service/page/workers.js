// Whether what the page shows can be trusted: workers, their partitions, and inputs that have fallen silent.
import { Keyed, asTable, byId, cell, el, row, say, word } from "./dom.js";
import { ago } from "./time.js";

const workers = new Keyed(byId("worker-table").tBodies[0]);
const inputs = new Keyed(byId("input-table").tBodies[0]);

asTable(byId("worker-table"));
asTable(byId("input-table"));

export function showWorkers(body) {
  workers.show(body.workers, (worker) => `${worker.name} ${worker.address}`, workerOf);
  const found = merged(body.workers);
  inputs.show(found, (input) => input.name, inputOf);
  byId("input-table").hidden = found.length === 0;
  say(byId("workers-note"), noteOf(body));
  byId("workers-note").classList.toggle("bad", !body.ready);
}

function noteOf(body) {
  const said = [body.ready ? "All partitions are watched." : "Not everything is watched."];
  if (body.missing.length) said.push(`No worker answers for partition ${body.missing.join(", ")}.`);
  return said.join(" ");
}

function workerOf(worker) {
  const name = worker.name ?? worker.address ?? "this worker";
  if (!worker.answered) {
    return row(name, cell("Worker", name), cell("State", word("over", "✕", "gave no answer")), cell("Partitions", "not known"), cell("Records behind", "not known"));
  }
  return row(name, cell("Worker", name),
    cell("State", worker.ready ? word("fine", "✓", "ready") : [word("soon", "▲", "not ready"), ...worker.reasons.map((why) => el("div", { class: "quiet" }, why))]),
    cell("Partitions", partitionsOf(worker)),
    cell("Records behind", String(worker.partitions.reduce((sum, one) => sum + lagOf(one), 0))));
}

const lagOf = (partition) => Object.values(partition.lag).reduce((sum, lag) => sum + lag, 0);

// "0, 1, 2 active; 3 recovering", and copies of others'
function partitionsOf(worker) {
  const byState = new Map();
  for (const one of worker.partitions) byState.set(one.state, [...(byState.get(one.state) ?? []), one.number]);
  const said = [...byState].map(([state, numbers]) => `${numbers.join(", ")} ${state.replaceAll("_", " ")}`);
  const copies = (worker.standbys ?? []).map((one) => one.number);
  if (copies.length) said.push(`copies of ${copies.join(", ")}`);
  return said.join("; ") || "none: a spare";
}

// Each worker tells of its own share of an input.
function merged(all) {
  const found = new Map();
  for (const input of all.flatMap((worker) => worker.inputs ?? [])) {
    const one = found.get(input.name) ?? { name: input.name, last: null, lag: 0, silent: false };
    one.lag += input.lag;
    one.silent ||= input.silent;
    if (input.last_record_at && (one.last === null || Date.parse(input.last_record_at) > Date.parse(one.last))) one.last = input.last_record_at;
    found.set(input.name, one);
  }
  return [...found.values()];
}

function inputOf(input) {
  return row(input.name, cell("Input", input.name),
    cell("State", input.silent ? word("over", "✕", "silent") : word("fine", "✓", "heard")),
    cell("Newest record", input.last ? el("span", { "data-since": input.last }, ago(input.last)) : "none yet"),
    cell("Records behind", String(input.lag)));
}

export function tickWorkers() {
  for (const one of byId("input-table").querySelectorAll("[data-since]")) say(one, ago(one.dataset.since));
}
