"""The side port of a running reginfod: state, actions and events, with real SIP traffic.

  test_http.py
"""

import json
import os
import re
import shutil
import subprocess
import urllib.parse

from harness import ROOT, Reginfod, need, run, wait_until
from publisher import Publisher, contact
from schema import check, resolve
from side_port import Events, SidePort
from watcher import Watcher

TOKEN = "a-token-of-the-tests"
AOR = "sip:alice@reg.test"
PATH = "/api/v1/registrations/" + urllib.parse.quote(AOR, safe="")


class Scene:
    """reginfod, a publisher with two contacts, and a watcher that has them."""

    def __init__(self, bed):
        self.server = Reginfod(bed, environment={"REGINFOD_HTTP_TOKEN": TOKEN})
        self.port = SidePort(self.server.http_port, TOKEN)
        self.publisher = bed.watch(Publisher(AOR, self.server.address))
        self.watcher = bed.watch(Watcher(AOR, self.server.address))
        assert self.publisher.publish([contact("alice", 1), contact("alice", 2)]).status == 200
        assert self.watcher.subscribe().status == 200
        wait_until(lambda: len(self.watcher.fold.active) == 2, "the watcher knows both contacts")
        self.openapi = self.port.ask("/openapi.json").json

    def registration(self):
        return self.port.ask(PATH).json

    def check(self, answer, path, method="get"):
        """That the answer is what openapi.json promises for this operation."""
        responses = self.openapi["paths"][path][method]["responses"]
        assert str(answer.status) in responses, f"{path}: {answer.status} is not described"
        described = resolve(responses[str(answer.status)], self.openapi).get("content", {})
        kind = answer.type.split(";")[0] or None
        assert not kind and not described or kind in described, f"{path}: {answer.type}"
        if kind and kind.endswith("json"):
            check(answer.json, described[kind]["schema"], self.openapi)
        return answer


def state_is_told_as_described(scene):
    ask = scene.port.ask
    one = scene.check(ask(PATH), "/api/v1/registrations/{aor}").json
    assert one["state"] == "active" and one["watchers"] == 1 and one["watchers_behind"] == 0, one
    assert {c["uri"] for c in one["contacts"]} == {"sip:alice@192.0.2.1:5060", "sip:alice@192.0.2.2:5060"}
    assert one["contacts"][0]["attributes"]["user_agent"] == "Phone & Co", one["contacts"][0]
    assert one["published"][0]["entity_tag"] == scene.publisher.etag
    assert 290 <= one["contacts"][0]["expires"] <= 300, one["contacts"][0]
    subscription = one["watched_by"][0]
    assert subscription["last_notify_status"] == 200 and not subscription["notify_in_flight"]
    same = scene.check(ask(f"/api/v1/subscriptions/{subscription['id']}"), "/api/v1/subscriptions/{id}")
    assert same.json["call_id"] == scene.watcher.call_id
    escaped = ask("/api/v1/registrations/sip%3A%61lice%40REG.test")
    assert escaped.json["aor"] == AOR, "another way to write the same AOR"
    for name in ("registrations", "publications", "subscriptions"):
        page = scene.check(ask(f"/api/v1/{name}"), f"/api/v1/{name}").json
        assert len(page[name]) == 1 and page["next"] is None, page
        for query in ("limit=0", "limit=x", "cursor=-1", "what=1", "state=gone", "prefix=%zz"):
            scene.check(ask(f"/api/v1/{name}?{query}"), f"/api/v1/{name}")
    summary = scene.check(ask("/api/v1/summary"), "/api/v1/summary").json
    assert summary["now"]["subscriptions"] == 1 and summary["total"]["requests"]["PUBLISH"] == 1
    for path in ("/metrics", "/healthz", "/readyz"):
        assert scene.check(ask(path), path).status == 200
    nobody = "/api/v1/registrations/sip%3Anobody%40reg.test"
    assert scene.check(ask(nobody), "/api/v1/registrations/{aor}").status == 404


REGINFO = "application/reginfo+xml"


def a_registration_is_told_as_reginfo_too(scene, bed):
    """The document of a new watcher, byte by byte; valid, negotiated, and with an entity-tag."""
    def ask(accept=None, path=PATH, **more):
        headers = {"Accept": accept} if accept else {}
        return scene.check(scene.port.ask(path, **headers, **more), "/api/v1/registrations/{aor}")
    told = ask(REGINFO)
    assert told.type == REGINFO and told.headers["Vary"].split(", ")[0] == "Accept", told.headers
    newcomer = bed.watch(Watcher(AOR, scene.server.address, name="newcomer"))
    assert newcomer.subscribe().status == 200
    newcomer.wait(lambda w: w.notifies, "its first document")

    def without_time(text):
        return re.sub(r' (expires|duration-registered)="\d+"', "", text)
    first = newcomer.notifies[0]
    assert without_time(told.body) == without_time(first.body), (told.body, first.body)
    assert newcomer.subscribe(0).status == 200
    validate(bed, told.body)

    assert ask().type == ask("*/*").type == ask(f"{REGINFO};q=0.1, */*;q=0.2").type == "application/json"
    assert ask("text/html").status == 406
    assert ask(REGINFO, "/api/v1/registrations/sip%3Anobody%40reg.test").status == 404
    assert scene.port.ask(PATH, "HEAD", Accept=REGINFO).type == REGINFO
    assert ask(REGINFO, Accept_Encoding="gzip").body == told.body
    tag = told.headers["ETag"]
    assert tag != ask().headers["ETag"] and tag == f'W/"{first.get("SIP-ETag")}"', (tag, first.get("SIP-ETag"))
    again = ask(REGINFO, If_None_Match=tag)
    assert again.status == 304 and not again.body and again.headers["ETag"] == tag
    large = bed.watch(Publisher("sip:large@reg.test", scene.server.address))
    assert large.publish([contact("large", n % 200 + 1, cseq=n) for n in range(1, 40)]).status == 200
    packed = ask(REGINFO, "/api/v1/registrations/sip:large@reg.test", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip", packed.headers
    assert packed.headers["Vary"] == "Accept, Accept-Encoding" and packed.body.count("<contact ") == 39
    validate(bed, packed.body)
    assert large.publish(expires=0).status == 200


def validate(bed, document):
    need("xmllint")
    path = os.path.join(bed.directory, "document.xml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(document)
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema",
                           os.path.join(ROOT, "tests/data/schema/reginfo.xsd"), path],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + document


def every_path_is_described_and_every_description_is_served(scene):
    for path, operations in scene.openapi["paths"].items():
        real = path.replace("{aor}", "sip%3Ax%40y").replace("{entity_tag}", "x").replace("{id}", "x")
        if path == "/api/v1/events":
            continue  # it does not end
        for method in operations:
            if path == "/api/v1/drain":
                assert scene.port.ask(path, "POST", token=False).status == 401
                continue  # test_operations.py does it
            answer = scene.port.ask(real, method.upper(), token=False)
            assert answer.status not in (405, 501), f"{method} {path}"
            scene.check(answer, path, method)


def lists_are_paged_and_filtered(scene, bed):
    others = []
    for number in range(25):
        domain = "reg.test" if number % 2 else "other.test"
        other = bed.watch(Publisher(f"sip:user{number}@{domain}", scene.server.address))
        assert other.publish([contact(f"user{number}")]).status == 200
        others.append(other)
    ask = scene.port.ask
    seen, cursor = [], "0"
    while cursor is not None:
        page = ask(f"/api/v1/registrations?limit=7&cursor={cursor}").json
        assert len(page["registrations"]) <= 7
        seen += [one["aor"] for one in page["registrations"]]
        cursor = page["next"]
        if len(seen) == 7:  # additions and removals between pages do not affect others
            others[0].publish(expires=0)
    assert len(seen) == len(set(seen)) and len(seen) in (25, 26), seen

    def listed(query):
        return {one["aor"] for one in ask(f"/api/v1/registrations?{query}").json["registrations"]}
    assert len(listed("domain=other.test")) == 12
    assert listed("prefix=sip:user1@") == listed("prefix=user1&domain=reg.test") - {
        f"sip:user{n}@reg.test" for n in range(10, 20)}
    assert listed("state=terminated") == set()
    assert AOR in listed("state=active&prefix=al")
    assert len(ask("/api/v1/subscriptions?aor=" + AOR).json["subscriptions"]) == 1
    for other in others[1:]:
        other.publish(expires=0)
    packed = ask("/api/v1/publications", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.json["publications"]) == 1


def actions_need_the_token(scene):
    for path, method in ((f"{PATH}/notify", "POST"), ("/api/v1/subscriptions/x", "DELETE"),
                         ("/api/v1/dump", "GET")):
        bare = scene.port.ask(path, method, token=False)
        assert bare.status == 401 and bare.headers["WWW-Authenticate"].startswith("Bearer"), path
        wrong = scene.port.ask(path, method, token=False, Authorization="Bearer " + "x" * len(TOKEN))
        assert wrong.status == 401 and "invalid_token" in wrong.headers["WWW-Authenticate"]


def actions_reach_the_watcher(scene, bed):
    ask, watcher = scene.port.ask, scene.watcher
    a_contact = "/api/v1/registrations/{aor}/contacts/{id}"
    a_publication = "/api/v1/registrations/{aor}/publications/{entity_tag}"
    a_subscription = "/api/v1/subscriptions/{id}"
    a_trace = "/api/v1/registrations/{aor}/trace"

    def act(path, described, method="delete"):
        return scene.check(ask(path, method.upper()), described, method)
    told = watcher.fold.documents
    assert act(f"{PATH}/notify", "/api/v1/registrations/{aor}/notify", "post").status == 202
    wait_until(lambda: watcher.fold.documents == told + 1, "it is told again")

    first = scene.registration()["contacts"][0]
    assert act(f"{PATH}/contacts/{first['id']}?event=gone", a_contact).status == 400
    assert act(f"{PATH}/contacts/{first['id']}?event=rejected", a_contact).status == 202
    wait_until(lambda: first["uri"] not in watcher.fold.active, "the contact has ended")
    assert (first["uri"], "terminated", "rejected") in watcher.fold.events
    assert act(f"{PATH}/contacts/{first['id']}", a_contact).status == 404

    assert act(f"{PATH}/publications/nothing", a_publication).status == 404
    assert act(f"{PATH}/publications/{scene.publisher.etag}", a_publication).status == 202
    wait_until(lambda: not watcher.fold.active, "nothing is published any more")
    assert scene.publisher.publish().status == 412, "and the publisher is told"
    scene.publisher.publish([contact("alice", 3)])
    wait_until(lambda: len(watcher.fold.active) == 1, "it publishes anew")

    assert act(f"{PATH}/trace", a_trace).status == 404
    assert act(f"{PATH}/trace?seconds=0", a_trace, "post").status == 400
    assert act(f"{PATH}/trace?seconds=60", a_trace, "post").status == 202
    assert act(f"{PATH}/trace", a_trace).status == 202
    lines = [json.loads(line) for line in ask("/api/v1/dump").body.splitlines()]
    assert sorted(line["kind"] for line in lines) == ["registration", "subscription"], lines

    mine = scene.registration()["watched_by"][0]["id"]
    assert act(f"/api/v1/subscriptions/{mine}?reason=bored", a_subscription).status == 400
    assert act(f"/api/v1/subscriptions/{mine}?reason=probation&retry_after=90", a_subscription).status == 202
    last = wait_until(lambda: next((n for n in watcher.notifies if
                                    n.get("Subscription-State").startswith("terminated")), None), "the end")
    assert last.get("Subscription-State") == "terminated;reason=probation;retry-after=90"
    wait_until(lambda: ask(f"/api/v1/subscriptions/{mine}").status == 404, "it is gone")
    for done in ("notify the watchers of", "end contact", "drop publication", "GET /api/v1/dump from 127.0.0.1:",
                 "end subscription", "trace sip:alice@reg.test for 60 s"):
        wait_until(lambda done=done: done in scene.server.output(), f"the log has: {done}")
    assert scene.server.metric("reginfod_operator_actions_total") == 6


def events_are_streamed_filtered_and_resumed(scene, bed):
    port = scene.server.http_port
    everything, one_aor = Events(port), Events(port, "?aor=sip:bob@reg.test")
    elsewhere = Events(port, "?domain=other.test")
    assert everything.answer.headers["Content-Type"] == "text/event-stream"
    bob = bed.watch(Publisher("sip:bob@reg.test", scene.server.address))
    watcher = bed.watch(Watcher("sip:bob@reg.test", scene.server.address, name="carol"))
    scene.publisher.publish([contact("alice", 4)])
    bob.publish([contact("bob")])
    watcher.subscribe()
    for events in (everything, one_aor):
        change = events.wait_for(lambda n, d: n == "registration" and d["aor"] == bob.aor, "bob")
        assert change[2]["contacts"][0]["event"] == "registered", change
        events.wait_for(lambda n, d: n == "subscription" and d["what"] == "created", "carol")
    assert all(e[2]["aor"] == bob.aor for e in one_aor.seen)
    one_aor.close()
    bob.publish(expires=0)
    watcher.subscribe(0)
    everything.wait_for(lambda n, d: n == "subscription" and d["what"] == "ended", "carol's end")
    resumed = Events(port, "?aor=sip:bob@reg.test", last_event_id=change[0])
    resumed.wait_for(lambda n, d: n == "subscription" and d["what"] == "created", "what was missed")
    gone = resumed.wait_for(lambda n, d: n == "registration", "what was missed, too")
    assert gone[2]["contacts"][0]["event"] == "unregistered", gone
    ids = [int(e[0].split("-")[1]) for e in everything.seen]
    assert ids == sorted(set(ids))
    stranger = Events(port, last_event_id="0123456789ab-5")
    stranger.wait_for(lambda n, d: n == "reset", "that events were missed")
    assert not elsewhere.seen
    for events in (everything, elsewhere, resumed, stranger):
        events.close()


def an_open_port_without_token_only_reads(bed):
    server = Reginfod(bed, "open", http="0.0.0.0:0", wait_ready=False)
    wait_until(lambda: " ready " in server.output(), "it is ready")
    assert "http is open" in server.output() and "http.token" in server.output()
    port = int(server.output().split("http=0.0.0.0:")[1].split()[0])
    closed = SidePort(port, "whatever-it-is-it-is-wrong")
    assert closed.ask("/api/v1/registrations").status == 200
    assert closed.ask(f"{PATH}/notify", "POST").status == 403
    assert closed.ask("/api/v1/summary", Host="evil.example").status == 421
    assert closed.ask("/healthz", "HEAD").status == 200


def the_scrape_is_clean(scene):
    text = scene.port.ask("/metrics", Accept_Encoding="gzip").body
    for name in ("reginfod_publish_to_notify_seconds_bucket", "reginfod_publish_to_answer_seconds_sum",
                 "reginfod_notify_windows", "reginfod_notify_queue_oldest_seconds",
                 'reginfod_memory_bytes{kind="subscriptions"}', 'reginfod_memory_item_bytes{item="subscription"}',
                 'reginfod_memory_bytes{kind="tcp_queues"}',
                 'reginfod_subscriptions{profile="standard"}', "reginfod_reactor_lag_seconds_count",
                 'reginfod_sip_responses_sent_total{method="PUBLISH",code="200",transport="udp"}'):
        assert f"\n{name}" in text, name
    if shutil.which("promtool"):
        said = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                              capture_output=True, check=False)
        assert said.returncode == 0 and not said.stdout + said.stderr, said
    assert scene.server.metric("reginfod_publish_to_answer_seconds_count") >= 1


def the_list_of_metrics_is_true(scene):
    """metrics/README.md against the scrape: names, types, labels and meanings, both ways."""
    listed = {}
    with open(os.path.join(ROOT, "metrics", "README.md"), encoding="utf-8") as file:
        for line in file:
            row = re.fullmatch(r"\| `([a-z_]+)` \| (counter|gauge|histogram) \| (.*?) ?\| (.+) \|", line.strip())
            if row:
                assert row.group(1) not in listed, f"{row.group(1)} is listed twice"
                meaning = row.group(4).replace("`", "").lower() + "."
                listed[row.group(1)] = (row.group(2), set(re.findall(r"`(\w+)`", row.group(3))), meaning)
    exposed = {}
    text = scene.port.ask("/metrics").body
    meanings = dict(re.findall(r"^# HELP (\S+) (.+)$", text, re.M))
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M):
        series = re.findall(rf"^{name}(?:_bucket|_sum|_count)?(?:\{{(.*)\}})? ", text, re.M)
        labels = {label for held in series for label in re.findall(r'(\w+)="', held)}
        exposed[name] = (kind, labels - {"le"}, meanings[name].lower())
    assert len(exposed) > 70
    for name in [name for name in listed if name.startswith(ON_REDIS)]:
        del listed[name]
    differing = {name: (listed.get(name), exposed.get(name)) for name in listed.keys() | exposed.keys()
                 if listed.get(name) != exposed.get(name)}
    assert not differing, f"listed and exposed: {differing}"


# Of nodes that share a Redis: test_prometheus.py sees them.
ON_REDIS = ("reginfod_bus_", "reginfod_cluster_", "reginfod_store_")


def test(bed):
    need("python3")
    scene = Scene(bed)
    state_is_told_as_described(scene)
    a_registration_is_told_as_reginfo_too(scene, bed)
    every_path_is_described_and_every_description_is_served(scene)
    lists_are_paged_and_filtered(scene, bed)
    actions_need_the_token(scene)
    events_are_streamed_filtered_and_resumed(scene, bed)
    actions_reach_the_watcher(scene, bed)
    the_scrape_is_clean(scene)
    the_list_of_metrics_is_true(scene)
    an_open_port_without_token_only_reads(bed)


if __name__ == "__main__":
    run("http", test)
