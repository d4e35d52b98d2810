"""deploy/prometheus and deploy/grafana against a Prometheus that scrapes a running reginfod.

  test_prometheus.py
"""

import json
import os
import re
import subprocess
import time
import urllib.parse
import urllib.request

from harness import DEPLOY, Process, Reginfod, free_port, need, run, wait_until
from publisher import Publisher, contact
from storage import STORAGES
from watcher import Watcher

RULES = os.path.join(DEPLOY, "prometheus")
# What Grafana replaces before it asks.
VARIABLES = {"$__rate_interval": "10s", '=~"$instance"': '=~".*"'}
# Only there once something has gone wrong.
MAY_BE_EMPTY = ("parse_errors", "refused_total")


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], cwd=RULES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def start_prometheus(bed, server):
    with open(os.path.join(RULES, "prometheus.yml"), encoding="utf-8") as file:
        text = file.read()
    assert "127.0.0.1:8080" in text and "alerts.yml" in text
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{server.http_port}").replace("15s", "1s")
    text = text.replace("- alerts.yml", f"- {RULES}/alerts.yml")
    config = os.path.join(bed.directory, "prometheus.yml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    port = free_port()
    prometheus = Process("prometheus", [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={bed.directory}/tsdb",
        f"--web.listen-address=127.0.0.1:{port}"], bed.directory)
    bed.processes.append(prometheus)
    return f"http://127.0.0.1:{port}"


def ask(base, path, **query):
    try:
        with urllib.request.urlopen(f"{base}{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        if error.code == 503:  # it is still starting
            raise
        raise AssertionError(f"{query}: {error.read().decode()}") from None


def is_scraped(base):
    try:
        targets = ask(base, "/api/v1/targets")["activeTargets"]
        return bool(targets) and targets[0]["health"] == "up"
    except OSError:
        return False


def expressions():
    with open(os.path.join(DEPLOY, "grafana", "reginfod.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            for variable, value in VARIABLES.items():
                expression = expression.replace(variable, value)
            assert "$" not in expression, expression
            yield panel["title"], expression


def names_on_redis(bed):
    """Metrics of a node on Redis, which the other one does not have."""
    storage = STORAGES["redis"](bed)
    node = Reginfod(bed, "node", storage=storage.flags, environment=storage.environment)
    # What Redis promises is known when it has been asked.
    wait_until(lambda: "reginfod_store_promise" in node.http("/metrics")[2], "Redis has answered")
    text = node.http("/metrics")[2]
    assert node.stop() == 0
    return set(re.findall(r"^(reginfod_\w+)", text, flags=re.M))


def test(bed):
    need("prometheus", "promtool")
    promtool("check", "config", "prometheus.yml")
    promtool("test", "rules", "alerts_test.yml")
    server = Reginfod(bed, environment={"REGINFOD_NOTIFY_MIN_INTERVAL": "0"})
    publisher = bed.watch(Publisher("sip:alice@reg.test", server.address))
    watcher = bed.watch(Watcher("sip:alice@reg.test", server.address))
    watcher.subscribe()
    base = start_prometheus(bed, server)
    wait_until(lambda: is_scraped(base), "Prometheus scrapes reginfod", timeout=60)
    for cseq in range(1, 9):  # rates need change between scrapes
        publisher.publish([contact("alice", cseq=cseq)])
        time.sleep(0.7)

    names = set(ask(base, "/api/v1/label/__name__/values")) | names_on_redis(bed)
    queries = list(expressions())
    assert len(queries) > 25
    for title, expression in queries:
        for name in re.findall(r"\b(?:reginfod|process)_\w+", expression):
            assert name in names or name.endswith(("_parse_errors_total",)), f"{title}: no metric {name}"
        result = ask(base, "/api/v1/query", query=expression)["result"]
        if not any(part in expression for part in MAY_BE_EMPTY):
            assert result, f"{title}: nothing for {expression}"
    rules = [rule for group in ask(base, "/api/v1/rules")["groups"] for rule in group["rules"]]
    assert rules and all(rule["health"] == "ok" for rule in rules), rules
    for rule in rules:
        for name in re.findall(r"\breginfod_\w+", rule["query"]):
            assert name in names, f"{rule['name']}: no metric {name}"
        assert not rule["alerts"], rule["alerts"]


if __name__ == "__main__":
    run("prometheus", test)
