// The simulator's control API.

async function call(path, body) {
  const answer = await fetch(path, body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const facts = await answer.json();
  if (!answer.ok) throw new Error(facts.error || `The simulator answers ${answer.status}.`);
  return facts;
}

export const people = () => call("/sim/people");
export const addPerson = (facts) => call("/sim/people", facts);
export const messages = (id) => call(`/sim/people/${id}/messages`);
export const act = (id, what, facts = {}) => call(`/sim/people/${id}/${what}`, facts);
export const clock = () => call("/sim/clock");
export const advance = (seconds) => call("/sim/clock", { advance_s: seconds });
export const bot = () => call("/sim/bot");

/** Calls `heard(event)` for each event, `opened()` whenever the line is up (again), `lost()` when it is down. */
export function listen(heard, opened, lost) {
  const line = new EventSource("/sim/events");
  line.onopen = opened;
  line.onerror = lost;
  line.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.type) heard(event);
  };
}
