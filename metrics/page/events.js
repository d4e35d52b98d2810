// The live event log: server-sent events, newest first, a bounded number of them.

import { lookUp, partyOf } from "./search.js";

const KEPT = 200;
const log = document.getElementById("log");
const pause = document.getElementById("pause");
const refreshes = document.getElementById("refreshes");
const quiet = document.getElementById("quiet");
const stream = document.getElementById("stream");
let paused = false;

function line(parts, aor) {
  const item = document.createElement("li");
  item.className = "new";
  const when = document.createElement("time");
  when.textContent = new Date().toLocaleTimeString("en-GB");
  item.append(when, " ");
  if (aor) {
    const open = document.createElement("button");
    open.type = "button";
    open.className = "link";
    open.textContent = aor;
    open.addEventListener("click", () => lookUp(aor));
    item.append(open, " ");
  }
  item.append(parts);
  log.prepend(item);
  quiet.hidden = true;
  while (log.childElementCount > KEPT) log.lastElementChild.remove();
}

function registration(data) {
  const changes = data.contacts.map((c) => `${c.uri} ${c.event}`).join(", ");
  line(`${data.state}, revision ${data.revision}${changes ? `: ${changes}` : ""}`, data.aor);
}

function subscription(data) {
  if (data.what === "refreshed" && !refreshes.checked) return;
  const why = data.reason ? `, ${data.reason}` : "";
  const status = data.what === "notify_failed" || data.what === "ended"
    ? `, last NOTIFY ${data.last_notify_status ?? "not sent"}` : "";
  line(`subscription of ${partyOf(data.watcher)} ${data.what}${why}${status}`, data.aor);
}

function state(name, text) {
  log.dataset.state = name;
  stream.dataset.state = name;
  stream.textContent = text;
}

export function startEvents() {
  const source = new EventSource("api/v1/events");
  const handle = (show) => (event) => { if (!paused) show(JSON.parse(event.data)); };
  source.addEventListener("registration", handle(registration));
  source.addEventListener("subscription", handle(subscription));
  source.addEventListener("reset", () => line("some events were missed"));
  source.addEventListener("open", () => state("open", "live"));
  source.addEventListener("error", () => state("closed", "connecting again"));
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
  });
  document.getElementById("clear").addEventListener("click", () => {
    log.replaceChildren();
    quiet.hidden = false;
    quiet.textContent = "Nothing has happened since this list was cleared.";
  });
}
