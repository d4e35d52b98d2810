"""The page at / in Chromium: real SIP traffic changes what it shows. Leaves screenshots.

  test_page.py
  test_page.py picture    a minute of traffic; makes the picture in README.md, deploy/page.webp, anew
"""

import os
import random
import re
import sys
import time

from browser import Browser
from harness import DEPLOY, Reginfod, run, wait_until
from publisher import Publisher, contact
from watcher import Watcher

TAB, ENTER = "\ue004", "\ue007"
AOR = "sip:alice@reg.test"
PICTURE = os.path.join(DEPLOY, "page.webp")
PICTURE_SIZE = (1180, 795)
PICTURE_BYTES_MAX = 70_000

# Seconds, and how the page writes them.
TIMES = {0: "0 ms", 4.9e-7: "0.49 µs", 4.9e-5: "49 µs", 0.00099: "990 µs", 0.000999: "1 ms", 0.001: "1 ms",
         0.0071: "7.1 ms", 0.07: "70 ms", 0.713: "710 ms", 0.9949: "990 ms", 0.996: "1 s", 1: "1 s",
         2.54: "2.5 s", 12: "12 s", 99.6: "100 s", 713: "710 s", 3600: "3,600 s", 1e6: "1,000,000 s"}
RATES = {0: "0/s", 0.04: "0/s", 0.5: "0.5/s", 9.94: "9.9/s", 9.96: "10/s", 713.2: "713/s", 12345.6: "12,346/s",
         1e7: "10,000,000/s"}
COUNTS = {0: "0", 7: "7", 713: "713", 1e6: "1,000,000", 123456789: "123,456,789"}


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
    wait_until(lambda: re.search(r"median [\d.,]+ [µm]?s\b", browser.text("#charts figure:nth-child(2) figcaption"))
               or publisher.publish([contact("alice", 1), contact("alice", 2, cseq=len(watcher.notifies) + 2)])
               and False, "a latency", timeout=20, pause=1)
    return publisher


def numbers_are_as_people_write_them(browser):
    for function, cases in (("time", TIMES), ("rate", RATES), ("count", COUNTS)):
        shown = browser.run(f"return import('./numbers.js').then(m => arguments[0].map(m.{function}))", list(cases))
        assert shown == list(cases.values()), [pair for pair in zip(cases.items(), shown) if pair[0][1] != pair[1]]
    magnitudes = [digits * 10.0 ** power for power in range(-7, 8) for digits in (1, 1.049, 5, 9.96)]
    for function in ("time", "rate", "count"):
        shown = browser.run(f"return import('./numbers.js').then(m => arguments[0].map(m.{function}))", magnitudes)
        assert not [text for text in shown if "e" in text or "N" in text], shown


def pacing_is_named_beside_the_latencies(browser):
    notes = browser.run("return [...document.querySelectorAll('figure')].filter(f => f.querySelector('.note'))"
                        ".map(f => [f.querySelector('b').innerText, f.querySelector('.note').innerText])")
    assert [title for title, _ in notes] == ["From PUBLISH to NOTIFY", "From PUBLISH to the watcher's answer"], notes
    assert all("notify.min_interval" in note for _, note in notes), notes


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


def size_of_webp(path):
    """Width and height of a WebP as Chromium makes them, in the extended format (RFC 9649 2.7)."""
    with open(path, "rb") as file:
        head = file.read(30)
    assert head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X", head
    return tuple(1 + int.from_bytes(head[at:at + 3], "little") for at in (24, 27))


def the_picture_is_of_this_size(path=PICTURE):
    assert size_of_webp(path) == PICTURE_SIZE, f"{path}: {size_of_webp(path)}; test_page.py picture makes it"
    assert os.path.getsize(path) <= PICTURE_BYTES_MAX, os.path.getsize(path)


def make_picture(bed):
    """A minute of registrations that come, change and go, each with a watcher."""
    server = Reginfod(bed, environment={"REGINFOD_NOTIFY_MIN_INTERVAL": "0"})
    browser = Browser(bed)
    browser.size(PICTURE_SIZE[0], 844)
    browser.scheme("light")
    browser.open(f"http://127.0.0.1:{server.http_port}/")
    chance = random.Random(3680)
    names = [f"{name}{number}" for name in ("alice", "bob", "carol", "dave", "erin", "frank") for number in range(1, 8)]
    publishers = {name: bed.watch(Publisher(f"sip:{name}@example.org", server.address)) for name in names}
    watchers = [bed.watch(Watcher(f"sip:{name}@example.org", server.address)) for name in names]
    for watcher in watchers:
        watcher.subscribe()
    ends = time.monotonic() + 56
    cseq = 0
    while time.monotonic() < ends:
        cseq += 1
        name = chance.choice(names)
        listed = [contact(name, number, cseq=cseq) for number in range(1, chance.choice((2, 2, 3)))]
        publisher = publishers[name]
        gone = chance.random() < 0.1 and publisher.etag
        answer = publisher.publish(expires=0) if gone else publisher.publish(listed)
        assert answer.status == 200, answer.status
        if gone:
            publisher.etag = None
        if chance.random() < 0.2:
            assert chance.choice(watchers).subscribe().status == 200
        time.sleep(chance.uniform(0.02, 0.06) * (1.6 if int(time.monotonic() / 9) % 2 else 1))
    publishers["alice1"].publish([contact("alice1", 1, cseq=cseq + 1), contact("alice1", 2, cseq=cseq + 1)])
    wait_until(lambda: browser.text("#status") == "ready", "the page is connected")
    browser.screenshot(PICTURE, PICTURE_SIZE[1])
    the_picture_is_of_this_size()
    print(f"{PICTURE}: {os.path.getsize(PICTURE)} bytes", flush=True)


def test(bed):
    the_picture_is_of_this_size()
    server = Reginfod(bed, environment={"REGINFOD_NOTIFY_MIN_INTERVAL": "0"})
    browser = Browser(bed)
    browser.size(1180, 844)
    browser.open(f"http://127.0.0.1:{server.http_port}/")
    publisher = traffic_changes_the_page(bed, server, browser)
    numbers_are_as_people_write_them(browser)
    pacing_is_named_beside_the_latencies(browser)
    the_keyboard_is_enough(browser)
    a_phone_and_the_dark_are_fine(bed, browser)
    the_policy_holds(server, browser)
    an_end_is_seen(server, browser, publisher)


if __name__ == "__main__":
    run("page", make_picture if sys.argv[1:] == ["picture"] else test)
