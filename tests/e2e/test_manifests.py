"""deploy/compose.yaml, compose.cluster.yaml and deploy/kubernetes/: each by its schema, and all against the image and the executable.

    test_manifests.py
"""

import ipaddress
import json
import os
import re
import subprocess

import harness
from dockerfile import Dockerfile
from harness import DEPLOY, HERE, REGINFOD_BIN, Process, Reginfod
from kamailio_files import database
from redis import Client, RedisError

IMAGE = Dockerfile(os.path.join(DEPLOY, "Dockerfile"))


def load(path):
    import yaml
    with open(os.path.join(DEPLOY, path)) as file:
        return yaml.safe_load(file)


def validate(document, schema, what):
    import jsonschema
    with open(os.path.join(HERE, "../data/deploy", schema)) as file:
        rules = json.load(file)
    if "kind" in (document or {}) and "oneOf" in rules:  # the errors of one kind can be read
        assert document["kind"] in rules["definitions"], f"{what}: kind {document['kind']}"
        rules = {"$ref": f"#/definitions/{document['kind']}", "definitions": rules["definitions"]}
    found = [f"{what}: {'.'.join(map(str, error.path))}: {error.message}"
             for error in jsonschema.Draft7Validator(rules).iter_errors(document)]
    assert not found, "\n".join(found)


def settings(environment, what):
    """The configuration in force; every variable must be one of reginfod."""
    ours = {key: value for key, value in environment.items() if key.startswith("REGINFOD_")}
    done = subprocess.run([REGINFOD_BIN, "--check-config"], capture_output=True, text=True, timeout=20,
                          check=False, env=harness.environment_with(**ours))
    assert done.returncode == 0, f"{what}: {done.stderr}"
    for key in ours:
        assert key in done.stdout, f"{what}: {key} sets nothing:\n{done.stdout}"
    return done.stdout


def listens_beyond_loopback(text):
    assert re.search(r'^listen = "0\.0\.0\.0:8080"', text, re.M), text
    for transport in ("udp", "tcp"):
        assert f'"{transport}:0.0.0.0:5060"' in text, text


def compose(bed):
    made = load("compose.yaml")
    validate(made, "compose.schema.json", "compose.yaml")
    services = made["services"]
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert other in services, f"{name} depends on {other}"
            if service["depends_on"][other]["condition"] == "service_healthy":
                assert other == "reginfod" and IMAGE.health_check, f"{other} has no HEALTHCHECK"
        for config in service.get("configs", []):
            assert config["source"] in made["configs"], f"{name}: {config['source']}"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert os.path.exists(os.path.join(DEPLOY, source)), volume
            else:
                assert source in made["volumes"], volume
        if "build" in service:
            context = os.path.join(DEPLOY, service["build"]["context"])
            assert os.path.isfile(os.path.join(context, service["build"]["dockerfile"])), name
    used = {config["source"] for service in services.values() for config in service.get("configs", [])}
    assert used == set(made["configs"]), "a config that nobody uses"

    reginfod = services["reginfod"]
    text = settings(IMAGE.environment | reginfod["environment"], "compose.yaml")
    listens_beyond_loopback(text)
    assert reginfod["environment"]["REGINFOD_SIP_SERVER_ADDRESS"] == "reginfod", "the service's name"
    assert [volume.split(":")[1] for volume in reginfod["volumes"]] == IMAGE.volumes
    for port in reginfod["ports"]:
        number, transport = port.split(":")[-1].split("/")
        assert (int(number), transport) in IMAGE.ports, port
    prometheus(bed, made, text)
    kamailio(bed, made)
    return made


def merge(base, more):
    """What docker compose makes of two files: maps are merged, what is listed of a service too, but no
    command line."""
    if isinstance(base, dict) and isinstance(more, dict):
        merged = dict(base)
        for key, value in more.items():
            merged[key] = value if key in ("command", "entrypoint") else merge(base.get(key), value)
        return merged
    return base + more if isinstance(base, list) and isinstance(more, list) else more


def cluster(bed, base):
    """Two nodes of one cluster, at the addresses that the edge knows, on a Redis that lets them in."""
    more = load("compose.cluster.yaml")
    made = merge(base, more)
    validate(made, "compose.schema.json", "compose.cluster.yaml")
    services = made["services"]
    nodes = [services[name] for name in ("reginfod", "reginfod-2")]
    password = "0123456789abcdef"
    texts = []
    for node in nodes:
        variables = {key: re.sub(r"\$\{REDIS_PASSWORD:\?[^}]*\}", password, value)
                     for key, value in node["environment"].items()}
        texts.append(settings(IMAGE.environment | variables, "compose.cluster.yaml"))
        listens_beyond_loopback(texts[-1])
        assert re.search(r'^servers = \["redis:6379"\]', texts[-1], re.M) and "redis" in services
    for key, is_shared in (("server_address", True), ("node", False)):
        found = {re.search(rf'^{key} = "(.+?)"', text, re.M).group(1) for text in texts}
        assert len(found) == (1 if is_shared else 2), f"{key}: {found}"
    addresses = {node["networks"]["default"]["ipv4_address"] for node in nodes}
    subnet = ipaddress.ip_network(made["networks"]["default"]["ipam"]["config"][0]["subnet"])
    assert len(addresses) == 2 and all(ipaddress.ip_address(one) in subnet for one in addresses)
    listed = made["configs"]["dispatcher"]["content"].split("\n")
    assert {line for line in listed if line} == {f"1 sip:{one}:5060" for one in addresses}, listed
    trusted = made["configs"]["address"]["content"]
    assert {line.split()[1] for line in trusted.splitlines() if line[0] == "3"} == addresses, trusted
    targets = re.search(r"targets: (.*)", made["configs"]["prometheus"]["content"]).group(1)
    hosts = re.search(r"^hosts = (.*?)(?: *#.*)?$", texts[0], re.M).group(1)
    assert targets.replace(":8080", "") == hosts, (targets, hosts)
    redis(bed, services["redis"], password)
    with open(os.path.join(DEPLOY, "kamailio/Dockerfile")) as file:
        usual = json.loads(re.search(r"^ENTRYPOINT (.*)", file.read(), re.M).group(1))
    entrypoint = services["kamailio"]["entrypoint"]
    assert entrypoint[:len(usual)] == [word if word != "64" else "256" for word in usual], entrypoint
    services["kamailio"]["command"] = entrypoint[len(usual):] + services["kamailio"]["command"]
    kamailio(bed, made)


def redis(bed, service, password):
    """The command of the container starts a Redis that lets reginfod in with its password, and nobody else."""
    harness.need("redis-server")
    port, data = harness.free_port(), os.path.join(bed.directory, "redis-data")
    os.makedirs(data)
    mounts = {}
    for volume in service["volumes"]:
        source, target = volume.split(":")[:2]
        mounts[target] = os.path.join(DEPLOY, source) if source.startswith(".") else data
    words = [word.replace("$$", "$") for word in service["command"]]
    for target in sorted(mounts, key=len, reverse=True):
        words = [re.sub(rf"{target}\b", mounts[target], word) for word in words]
    words = [word.replace("--bind 0.0.0.0", f"--bind 127.0.0.1 --port {port}") for word in words]
    server = Process("redis", words, bed.directory, {"REDIS_PASSWORD": password})
    bed.processes.append(server)

    def lets_in(user, secret):
        try:
            with Client(port, user, secret) as client:
                return client.call("GET", "rg:view") is None
        except OSError:
            return None
        except RedisError:
            return False
    harness.wait_until(lambda: lets_in("reginfod", password), "Redis lets reginfod in")
    assert not lets_in("reginfod", "") and not lets_in("admin", password) and not lets_in(None, None)


def prometheus(bed, made, text):
    import yaml
    scraped = made["configs"]["prometheus"]["content"]
    targets = yaml.safe_load(scraped)["scrape_configs"][0]["static_configs"][0]["targets"]
    assert targets == ["reginfod:8080"], targets
    assert re.search(r'^hosts = \["reginfod"\]', text, re.M), "Prometheus would be answered 421"
    with open(os.path.join(bed.directory, "prometheus.yml"), "w") as file:
        file.write(scraped)
    with open(os.path.join(DEPLOY, "prometheus/alerts.yml")) as alerts, \
            open(os.path.join(bed.directory, "alerts.yml"), "w") as copy:
        copy.write(alerts.read())
    harness.need("promtool")
    done = subprocess.run(["promtool", "check", "config", "prometheus.yml"], cwd=bed.directory,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def kamailio(bed, made):
    """Kamailio takes the command line of the container, with the files where they are here."""
    lists = {config["target"]: made["configs"][config["source"]]["content"]
             for config in made["services"]["kamailio"]["configs"]}
    path = database(bed, "kamailio", ("standard", "presence", "auth_db"))
    words = made["services"]["kamailio"]["command"]
    for target, content in lists.items():
        name = os.path.basename(target)
        with open(os.path.join(bed.directory, name), "w") as file:
            # This host cannot resolve "reginfod"; the name is looked up when it is needed.
            file.write(content)
    known = ""
    for name in ("registrar.cfg", "reg-event.cfg"):
        with open(os.path.join(DEPLOY, "kamailio", name)) as file:
            known += file.read()
    for option, word in zip(words, words[1:]):
        if option == "-A":
            assert re.search(rf"(?m)^#!ifn?def {word.split('=')[0]}$", known), word
    words = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in words]
    words = [re.sub(r"/var/lib/kamailio/\w+\.sqlite", path, word)
             .replace("/etc/kamailio/registrar.cfg", os.path.join(DEPLOY, "kamailio/registrar.cfg"))
             for word in words]
    for name, key in (("dispatcher.list", "DISPATCHER_LIST"), ("address.list", "ADDRESS_LIST")):
        words += ["-A", f'{key}="{os.path.join(bed.directory, name)}"']
    harness.need("kamailio")
    done = subprocess.run(["kamailio", "-c", *words], capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr


def kubernetes(bed):
    kustomization = load("kubernetes/kustomization.yaml")
    files = set(os.listdir(os.path.join(DEPLOY, "kubernetes")))
    assert set(kustomization["resources"]) | {"kustomization.yaml"} == files, files
    found = {}
    for name in sorted(files):
        document = load(f"kubernetes/{name}")
        validate(document, "kubernetes.schema.json", name)
        assert document["kind"] not in found, f"{name}: a second {document['kind']}"
        found[document["kind"]] = document
    assert kustomization["namespace"] == found["Namespace"]["metadata"]["name"]

    spec = found["StatefulSet"]["spec"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    labels = spec["template"]["metadata"]["labels"]
    service = found["Service"]
    for what, selector in (
            ("StatefulSet", spec["selector"]["matchLabels"]),
            ("Service", service["spec"]["selector"]),
            ("NetworkPolicy", found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"])):
        assert selector == labels, f"{what} selects {selector}, not {labels}"
    monitor = found["ServiceMonitor"]["spec"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert service["metadata"]["labels"][monitor["jobLabel"]] == "reginfod", "the job of alerts.yml"

    ports = {port["name"]: (port["containerPort"], port["protocol"].lower())
             for port in container["ports"]}
    assert set(ports.values()) == IMAGE.ports, (ports, IMAGE.ports)
    for port in service["spec"]["ports"]:
        assert ports[port["targetPort"]] == (port["port"], port["protocol"].lower()), port
    for rule in found["NetworkPolicy"]["spec"]["ingress"]:
        for port in rule["ports"]:
            assert ports[port["port"]][1] == port["protocol"].lower(), port
    for endpoint in monitor["endpoints"]:
        assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}, endpoint

    claims = {claim["metadata"]["name"] for claim in spec["volumeClaimTemplates"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == claims
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == IMAGE.volumes
    assert str(pod["securityContext"]["runAsUser"]) == IMAGE.user
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]
    assert kustomization["images"][0]["name"] == container["image"]
    done = subprocess.run([REGINFOD_BIN, "--version"], capture_output=True, text=True, check=True)
    assert kustomization["images"][0]["newTag"] == done.stdout.split()[1], done.stdout

    variables = {entry["name"]: entry.get("value", "a-secret-of-the-cluster") for entry in container["env"]}
    address = variables["REGINFOD_SIP_SERVER_ADDRESS"]
    assert f".{service['metadata']['name']}.$(POD_NAMESPACE).svc" in address, address
    assert spec["serviceName"] == service["metadata"]["name"]
    names = re.findall(r"\$\((\w+)\)", address)
    order = [entry["name"] for entry in container["env"]]
    for name in names:  # Kubernetes puts in only what was named before
        assert order.index(name) < order.index("REGINFOD_SIP_SERVER_ADDRESS"), name
        variables["REGINFOD_SIP_SERVER_ADDRESS"] = variables[
            "REGINFOD_SIP_SERVER_ADDRESS"].replace(f"$({name})", "reginfod-0")
    listens_beyond_loopback(settings(IMAGE.environment | variables, "statefulset.yaml"))
    return {probe: container[probe]["httpGet"] for probe in
            ("startupProbe", "livenessProbe", "readinessProbe")}, monitor


def test(bed):
    try:
        import jsonschema  # noqa: F401
        import yaml  # noqa: F401
    except ImportError as missing:
        raise harness.Skip(f"{missing.name} of Python is not installed") from None
    cluster(bed, compose(bed))
    probes, monitor = kubernetes(bed)
    reginfod = Reginfod(bed)
    for name, get in probes.items():
        assert get["port"] == "http" and reginfod.http(get["path"])[0] == 200, (name, get)
    assert reginfod.http(monitor["endpoints"][0]["path"])[0] == 200


if __name__ == "__main__":
    harness.run("manifests", test)
