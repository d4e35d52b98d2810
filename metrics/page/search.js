// Looks up an address-of-record, or those that begin with what was typed.

const form = document.getElementById("search");
const input = document.getElementById("aor");
const found = document.getElementById("found");

function text(tag, content, className) {
  const made = document.createElement(tag);
  made.textContent = content ?? "–";
  if (className) made.className = className;
  return made;
}

function table(title, columns, rows, none) {
  const box = document.createDocumentFragment();
  box.append(text("h3", `${title} (${rows.length})`));
  if (rows.length === 0) {
    box.append(text("p", none, "hint"));
    return box;
  }
  const made = document.createElement("table");
  made.className = "stack";
  const head = made.createTHead().insertRow();
  for (const [label] of columns) {
    const cell = text("th", label);
    cell.scope = "col";
    head.append(cell);
  }
  const body = made.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const [label, value, className] of columns) {
      const cell = text("td", "", className ? className(row) : "");
      cell.dataset.label = label;
      const span = text("span", String(value(row) ?? "–"));
      cell.append(span);
      line.append(cell);
    }
  }
  const scroll = text("div", "", "table");
  scroll.append(made);
  box.append(scroll);
  return box;
}

const seconds = (value) => (value === null ? "with its publication" : `${value} s`);

const contactColumns = [
  ["Contact", (c) => c.uri],
  ["State", (c) => `${c.state}, ${c.event}`, (c) => c.state],
  ["Expires", (c) => seconds(c.expires)],
  ["Call-ID", (c) => (c.callid === null ? "–" : `${c.callid} ${c.cseq ?? ""}`)],
  ["User-Agent", (c) => c.attributes.user_agent],
  ["Received", (c) => c.attributes.received],
];

// "<sip:bob@example.org>;tag=1" as "sip:bob@example.org".
export const partyOf = (text) => /<([^>]*)>/.exec(text)?.[1] ?? text.replace(/;.*/, "");

const plural = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

const watcherColumns = [
  ["Watcher", (w) => partyOf(w.watcher)],
  ["At", (w) => w.remote_target],
  ["Profile", (w) => w.profile],
  ["State", (w) => (w.reason ? `${w.state}, ${w.reason}` : w.state), (w) => w.state],
  ["Expires", (w) => `${w.expires} s`],
  ["Last NOTIFY", (w) => (w.notify_in_flight ? "in flight" : w.last_notify_status),
    (w) => (w.last_notify_status >= 300 ? "failed" : "")],
  ["Version", (w) => w.next_version - 1],
];

function showOne(one) {
  const card = text("div", "", "card");
  card.id = "registration";
  card.append(text("h3", one.aor));
  card.append(text("p", `${one.state}, revision ${one.revision}; ${plural(one.watchers, "watcher")}, ` +
    `${one.watchers_behind} not yet told of it`, "hint"));
  card.append(table("Contacts", contactColumns, one.contacts, "No contact."));
  for (const p of one.published) {
    card.append(table(`Publication ${p.entity_tag}, expires in ${p.expires} s`, contactColumns,
      p.contacts, "Lists nothing."));
  }
  if (one.published.length === 0) card.append(text("p", "Nothing is published.", "hint"));
  card.append(table("Watchers", watcherColumns, one.watched_by, "Nobody watches."));
  found.replaceChildren(card);
}

function showMany(list, more) {
  const card = text("div", "", "card");
  card.append(text("h3", list.length === 0 ? "Nothing found" : `${list.length}${more ? " or more" : ""} found`));
  const items = document.createElement("ul");
  for (const one of list) {
    const item = document.createElement("li");
    const open = text("button", one.aor, "link");
    open.type = "button";
    open.addEventListener("click", () => lookUp(one.aor));
    item.append(open, text("span", ` ${one.state}, ${plural(one.contacts_active, "contact")}, ${plural(one.watchers, "watcher")}`));
    items.append(item);
  }
  card.append(items);
  found.replaceChildren(card);
}

let asked = 0;

export async function lookUp(aor) {
  input.value = aor;
  const mine = ++asked;
  const exact = aor.includes("@") && !aor.includes(":") ? `sip:${aor}` : aor;
  try {
    if (exact.includes(":")) {  // else it can only be the beginning of one
      const one = await fetch(`api/v1/registrations/${encodeURIComponent(exact)}`);
      if (mine !== asked) return;
      if (one.ok) {
        showOne(await one.json());
        return;
      }
    }
    const answer = await fetch(`api/v1/registrations?limit=20&prefix=${encodeURIComponent(aor)}`);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const page = await answer.json();
    if (mine === asked) showMany(page.registrations, page.next !== null);
  } catch (error) {
    const why = error instanceof TypeError ? "no answer from the server" : error.message;
    if (mine === asked) found.replaceChildren(text("p", `Cannot look it up: ${why}.`, "failed"));
  }
}

export function startSearch() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) lookUp(input.value.trim());
  });
}
