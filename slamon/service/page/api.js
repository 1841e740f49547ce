// Questions to the API. The token is kept for this tab alone, and goes nowhere but into a header.

const API = "/api/v1";
const KEY = "slamon-token";
const ANSWER_MS = 12000;
const SILENT_MS = 20000; // the stream says something every 5 s
const MAX_EVENT = 4 * 1024 * 1024;

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.error = problem.error ?? "";
  }
}

export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

// The answer as JSON; raises Refused for a problem, and what fetch raises without an answer.
export async function get(path, query = {}) {
  const response = await ask(path, query, { signal: AbortSignal.timeout(ANSWER_MS) });
  return response.json();
}

// Every event of the stream as {name, id, data}, until it ends or `signal` does.
export async function* events(query, last, signal) {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  const headers = last ? { "Last-Event-ID": last } : {};
  try {
    const response = await ask("/events", query, { signal: AbortSignal.any([signal, silence.signal]), headers });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      if (rest.length > MAX_EVENT) throw new Error("an event without end");
      for (const part of parts) {
        const event = parsed(part);
        if (event.data !== null) yield event;
      }
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

async function ask(path, query, options) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null);
  const address = `${API}${path}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
  const own = token.get();
  const headers = { ...options.headers, ...(own ? { Authorization: `Bearer ${own}` } : {}) };
  const response = await fetch(address, { ...options, headers, cache: "no-store", credentials: "same-origin", redirect: "error" });
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})));
  return response;
}

function parsed(part) {
  const event = { name: "message", id: null, data: null };
  for (const line of part.split("\n")) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "event") event.name = value;
    else if (field === "id") event.id = value;
    else if (field === "data") event.data = value;
  }
  if (event.data !== null) event.data = JSON.parse(event.data);
  return event;
}
