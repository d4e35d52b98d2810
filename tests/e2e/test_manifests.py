"""deploy/compose.yaml and deploy/kubernetes/: each by its schema, and all against the image and the executable.

    test_manifests.py
"""

import json
import os
import re
import subprocess

import harness
from dockerfile import Dockerfile
from harness import DEPLOY, HERE, REGINFOD_BIN, Reginfod
from kamailio_files import database

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
    compose(bed)
    probes, monitor = kubernetes(bed)
    reginfod = Reginfod(bed)
    for name, get in probes.items():
        assert get["port"] == "http" and reginfod.http(get["path"])[0] == 200, (name, get)
    assert reginfod.http(monitor["endpoints"][0]["path"])[0] == 200


if __name__ == "__main__":
    harness.run("manifests", test)
