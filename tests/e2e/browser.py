"""Chromium through chromedriver, by the WebDriver protocol (W3C) over plain HTTP."""

import base64
import json
import urllib.error
import urllib.request

from harness import Process, free_port, need, wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    def __init__(self, bed, dark=False):
        need("chromium", "chromedriver")
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.driver = Process(f"chromedriver-{port}", ["chromedriver", f"--port={port}"], bed.directory)
        bed.processes.append(self.driver)
        self.driver.may_fail = True
        bed.closers.append(self.close)
        wait_until(self._is_up, "chromedriver answers", timeout=30)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", f"--user-data-dir={bed.directory}/profile-{port}"]
        if dark:
            arguments.append("--force-dark-mode")
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"binary": "/usr/bin/chromium", "args": arguments}}}})
        self.session = f"/session/{made['sessionId']}"

    def close(self):
        try:
            self._call("DELETE", self.session)
        except (OSError, AssertionError, AttributeError):
            pass
        self.driver.stop()

    def _is_up(self):
        try:
            return self._call("GET", "/status")["ready"]
        except OSError:
            return None

    def _call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"WebDriver {path}: {error.read().decode()[:600]}") from None

    def call(self, method, path, body=None):
        return self._call(method, self.session + path, body)

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def size(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=width < 600)

    def scheme(self, name):
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": name}])

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def keys(self, text):
        """Types into whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def log(self):
        return self.call("POST", "/se/log", {"type": "browser"})

    def screenshot(self, path, height=None):
        """Of the whole page, or of so many pixels from its top; PNG or WebP, by the name of the file."""
        clip = self.run("const r = document.documentElement; return {x: 0, y: 0, "
                        "width: r.clientWidth, height: r.scrollHeight, scale: 1}")
        if height:
            assert clip["height"] >= height, clip
            clip["height"] = height
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=True, clip=clip,
                             **({"format": "webp", "quality": 80} if path.endswith(".webp") else {"format": "png"}))
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))
