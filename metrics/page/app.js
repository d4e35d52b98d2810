// Reads the summary every two seconds and shows what changed.

import { Chart } from "./charts.js";
import { startEvents } from "./events.js";
import { count, rate, time } from "./numbers.js";
import { startSearch } from "./search.js";

const period = 2;  // seconds
const paced = "Includes pacing: a NOTIFY waits by design after notify.burst (notify.min_interval).";

// What fraction of the observations between two summaries is not above which bound.
function quantile(fraction, now, before) {
  const total = now.count - before.count;
  if (total <= 0) return null;
  let lower = 0;
  let below = 0;
  for (let i = 0; i < now.buckets.length; ++i) {
    const upTo = now.buckets[i].count - before.buckets[i].count;
    if (upTo >= fraction * total) {
      const share = (fraction * total - below) / Math.max(upTo - below, 1);
      return lower + (now.buckets[i].le - lower) * share;
    }
    lower = now.buckets[i].le;
    below = upTo;
  }
  return lower;
}

const tiles = [
  ["registrations", "Registrations", (s) => count(s.now.registrations)],
  ["contacts", "Active contacts", (s) => count(s.now.contacts_active)],
  ["publications", "Publications", (s) => count(s.now.publications)],
  ["watchers", "Watchers", (s) => count(s.now.subscriptions)],
  ["inflight", "NOTIFYs in flight", (s) => count(s.now.notifies_in_flight)],
  ["queued", "NOTIFYs queued", (s) => count(s.now.notifies_queued), (s) => s.now.oldest_queued_seconds > 5],
  ["failed", "NOTIFYs failed", (s) => count(failures(s)), (s) => failures(s) > 0],
  ["refused", "Refused by bounds", (s) => count(sum(s.total.refused)), (s) => sum(s.total.refused) > 0],
];

const sum = (object) => Object.values(object).reduce((a, b) => a + b, 0);
const failures = (s) => {
  const o = s.total.notify_outcomes;
  return o.rejected + o.ended_subscription + o.timed_out + o.transport_failed;
};

const charts = [
  [new Chart("Requests", ["PUBLISH", "SUBSCRIBE", "NOTIFY sent"], { format: rate, period, least: 1 }), (s, b, dt) => [
    ((s.total.requests.PUBLISH ?? 0) - (b.total.requests.PUBLISH ?? 0)) / dt,
    ((s.total.requests.SUBSCRIBE ?? 0) - (b.total.requests.SUBSCRIBE ?? 0)) / dt,
    (s.total.notifies - b.total.notifies) / dt]],
  [new Chart("From PUBLISH to NOTIFY", ["median", "99 %"], { format: time, period, least: 0.001, note: paced }), (s, b) => [
    quantile(0.5, s.publish_to_notify, b.publish_to_notify),
    quantile(0.99, s.publish_to_notify, b.publish_to_notify)]],
  [new Chart("From PUBLISH to the watcher's answer", ["median", "99 %"], { format: time, period, least: 0.001, note: paced }), (s, b) => [
    quantile(0.5, s.publish_to_answer, b.publish_to_answer),
    quantile(0.99, s.publish_to_answer, b.publish_to_answer)]],
  [new Chart("Registrations and watchers", ["contacts", "watchers"], { format: count, period, least: 2, whole: true }), (s) => [
    s.now.contacts_active, s.now.subscriptions]],
  [new Chart("NOTIFYs waiting", ["in flight", "queued"], { format: count, period, least: 2, whole: true }), (s) => [
    s.now.notifies_in_flight, s.now.notifies_queued]],
  [new Chart("Trouble", ["4xx", "5xx", "NOTIFY failed", "retransmitted"], { format: rate, period, least: 1 }), (s, b, dt) => [
    (s.total.responses["4xx"] - b.total.responses["4xx"]) / dt,
    (s.total.responses["5xx"] - b.total.responses["5xx"]) / dt,
    (failures(s) - failures(b)) / dt,
    (s.total.retransmissions_sent - b.total.retransmissions_sent) / dt]],
];

function setUp() {
  const list = document.getElementById("tiles");
  for (const tile of tiles) {
    const box = document.createElement("div");
    const term = document.createElement("dt");
    term.textContent = tile[1];
    const value = document.createElement("dd");
    value.id = `tile-${tile[0]}`;
    value.textContent = "–";
    box.append(term, value);
    list.append(box);
  }
  document.getElementById("charts").append(...charts.map(([chart]) => chart.root));
}

function status(state, text) {
  document.querySelector("main").dataset.stale = String(state === "gone");
  const shown = document.getElementById("status");
  shown.dataset.state = state;
  if (shown.textContent !== text) shown.textContent = text;
}

let before = null;
let beforeAt = 0;
let lastSeen = null;

async function sample() {
  try {
    const answer = await fetch("api/v1/summary", { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const summary = await answer.json();
    const at = performance.now();
    document.getElementById("version").textContent = summary.version;
    for (const [id, , show, isBad] of tiles) {
      const value = document.getElementById(`tile-${id}`);
      value.textContent = show(summary);
      value.parentElement.dataset.bad = String(isBad ? isBad(summary) : false);
    }
    const restarted = before && summary.total.notifies < before.total.notifies;
    if (before && !restarted) {
      const elapsed = Math.max((at - beforeAt) / 1000, 0.001);
      for (const [chart, values] of charts) chart.add(values(summary, before, elapsed));
    }
    before = summary;
    beforeAt = at;
    lastSeen = new Date();
    const ready = await fetch("readyz", { cache: "no-store" });
    if (ready.ok) {
      status("ok", "ready");
    } else if (summary.draining) {
      status("bad", "draining");
    } else {
      status("bad", `not ready: ${(await ready.json()).detail}`);
    }
  } catch {
    const since = lastSeen ? ` since ${lastSeen.toLocaleTimeString("en-GB")}` : "";
    status("gone", `no answer from the server${since}`);
    before = null;
  }
  setTimeout(sample, period * 1000);
}

setUp();
startSearch();
startEvents();
sample();
