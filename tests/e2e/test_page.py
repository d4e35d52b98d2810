"""The page at / in Chromium: real SIP traffic changes what it shows. Leaves screenshots.

  test_page.py
"""

import os

from browser import Browser
from harness import Reginfod, run, wait_until
from publisher import Publisher, contact
from watcher import Watcher

TAB, ENTER = "\ue004", "\ue007"
AOR = "sip:alice@reg.test"


def tile(browser, name):
    return browser.text(f"#tile-{name}")


def traffic_changes_the_page(bed, server, browser):
    wait_until(lambda: browser.text("#status") == "ready", "the page is connected")
    wait_until(lambda: browser.run("return document.getElementById('log').dataset.state") == "open",
               "the event stream is open")
    assert tile(browser, "contacts") == "0"
    assert "Nothing has happened" in browser.text("#quiet") and browser.text("#stream") == "live"
    publisher = bed.watch(Publisher(AOR, server.address))
    watcher = bed.watch(Watcher(AOR, server.address))
    watcher.subscribe()
    publisher.publish([contact("alice", 1), contact("alice", 2, expires=120)])
    wait_until(lambda: tile(browser, "contacts") == "2", "two contacts on the page")
    assert tile(browser, "watchers") == "1" and tile(browser, "publications") == "1"
    wait_until(lambda: "revision 1" in browser.text("#log"), "the change in the log")
    assert browser.run("return document.getElementById('quiet').hidden")
    assert "registered" in browser.text("#log") and "created" in browser.text("#log")
    # Rates take two summaries; a line has been drawn once a path has two points.
    wait_until(lambda: browser.run(
        "return [...document.querySelectorAll('svg.chart path')].some(p => p.getAttribute('d').includes('L'))"),
        "a line in a chart")
    wait_until(lambda: " ms" in browser.text("#charts figure:nth-child(2) figcaption")
               or publisher.publish([contact("alice", 1), contact("alice", 2, cseq=len(watcher.notifies) + 2)])
               and False, "a latency", timeout=20, pause=1)
    return publisher


def the_keyboard_is_enough(browser):
    browser.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    for _ in range(10):
        browser.keys(TAB)
        if browser.run("return document.activeElement.id") == "aor":
            break
    else:
        raise AssertionError("the search cannot be reached by Tab")
    browser.keys("alice@reg.test" + ENTER)
    wait_until(lambda: AOR in browser.text("#registration"), "the registration")
    shown = browser.text("#registration")
    for text in ("sip:alice@192.0.2.1:5060", "active, registered", "Phone & Co", "Publication ",
                 "sip:watcher@reg.test", "standard", "200"):
        assert text in shown, f"{text} is not shown in {shown}"
    browser.run("document.getElementById('aor').value = ''; document.getElementById('aor').focus()")
    browser.keys("ali" + ENTER)
    wait_until(lambda: "1 found" in browser.text("#found"), "those that begin so")
    browser.run("document.querySelector('#found button').focus()")
    browser.keys(ENTER)
    wait_until(lambda: AOR in browser.text("#registration"), "the registration again")


def a_phone_and_the_dark_are_fine(bed, browser):
    for name, width, scheme in (("desktop-light", 1180, "light"), ("desktop-dark", 1180, "dark"),
                                ("phone-light", 390, "light"), ("phone-dark", 390, "dark")):
        browser.size(width, 844)
        browser.scheme(scheme)
        beyond = browser.run("return document.documentElement.scrollWidth - window.innerWidth")
        assert beyond <= 0, f"{name}: {beyond} px too wide"
        browser.screenshot(os.path.join(bed.directory, f"page-{name}.png"))
    ground = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(15, 21, 28)", ground


def the_policy_holds(server, browser):
    policy = browser.run(
        "return fetch('/', {cache: 'no-store'}).then(a => a.headers.get('Content-Security-Policy'))")
    assert "default-src 'none'" in policy and "unsafe" not in policy, policy
    severe = [line for line in browser.log() if line["level"] == "SEVERE"]
    assert not severe, severe
    browser.run("const s = document.createElement('script'); s.textContent = 'window.injected = 1';"
                "document.head.append(s)")
    assert browser.run("return window.injected ?? null") is None, "an inline script ran"


def an_end_is_seen(server, browser, publisher):
    publisher.publish(expires=0)
    wait_until(lambda: tile(browser, "contacts") == "0", "no contact is left")
    wait_until(lambda: "unregistered" in browser.text("#log"), "the end in the log")
    server.stop()
    wait_until(lambda: browser.text("#status").startswith("no answer from the server"), "the server is gone")
    assert browser.run("return document.querySelector('main').dataset.stale") == "true"
    browser.run("document.getElementById('aor').value = 'sip:x@y';"
                "document.getElementById('search').requestSubmit()")
    wait_until(lambda: "no answer from the server" in browser.text("#found"), "the error is shown")


def test(bed):
    server = Reginfod(bed, environment={"REGINFOD_NOTIFY_MIN_INTERVAL": "0"})
    browser = Browser(bed)
    browser.size(1180, 844)
    browser.open(f"http://127.0.0.1:{server.http_port}/")
    publisher = traffic_changes_the_page(bed, server, browser)
    the_keyboard_is_enough(browser)
    a_phone_and_the_dark_are_fine(bed, browser)
    the_policy_holds(server, browser)
    an_end_is_seen(server, browser, publisher)


if __name__ == "__main__":
    run("page", test)
