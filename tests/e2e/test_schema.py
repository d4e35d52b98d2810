"""The documents of each profile are valid by RFC 3680 5.4 and RFC 5628 7, whatever is published.

  test_schema.py
"""

import os
import re
import subprocess

from harness import HERE, Reginfod, need, run
from publisher import Publisher
from watcher import Watcher

SCHEMA = os.path.join(HERE, "../data/schema/reginfo.xsd")
PROFILES = ("standard", "kamailio", "partial", "ims", "pcscf", "linphone")
AOR = "sip:alice@reg.test"
NAMESPACES = ('xmlns="urn:ietf:params:xml:ns:reginfo" xmlns:gr="urn:ietf:params:xml:ns:gruuinfo" '
              'xmlns:ere="urn:3gpp:ns:extRegExp:1.0" xmlns:o="urn:example:other"')
ENDS = ("expired", "deactivated", "unregistered", "rejected", "terminated")


def contact(number, inside="", state="active", event="registered", more="", uri=None):
    """As Kamailio writes it, with the attributes that the schema does not have."""
    uri = uri or f"sip:alice@192.0.2.{number};transport=tcp;x=%22a%22"
    return (f'<contact id="0x{number}" state="{state}" event="{event}" expires="300" callid="c&amp;{number}" '
            f'cseq="{number}" received="sip:203.0.113.{number}:5061" path="&lt;sip:p;lr&gt;" '
            f'user_agent="Phone &quot;&amp;&quot; Co" o:extra="1"{more}><uri>{uri}</uri>{inside}</contact>')


def registration(aor, contacts, extensions="", state="active"):
    return f'<registration aor="{aor}" id="r" state="{state}" o:r="1">{"".join(contacts)}{extensions}</registration>'


def reginfo(*registrations):
    return f'<?xml version="1.0"?><reginfo {NAMESPACES} version="0" state="full">{"".join(registrations)}</reginfo>'


RICH = (
    '<display-name xml:lang="de">J\u00f6rg &lt;2&gt;</display-name>'
    '<unknown-param name="+sip.instance">"&lt;urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6&gt;"</unknown-param>'
    '<unknown-param name="reg-id">1</unknown-param><unknown-param name="methods">"INVITE"</unknown-param>'
    '<gr:pub-gruu uri="sip:alice@reg.test;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"/>'
    '<gr:temp-gruu uri="sip:tgruu.7hs@reg.test;gr" first-cseq="54301"/><o:e o:a="1">text<o:f/></o:e>')
SET = ("<ere:wildcardedIdentity>sip:user!.*!@reg.test</ere:wildcardedIdentity><o:of-all/>"
       "<nothing-that-the-schema-knows/>")

BODIES = {
    "what Kamailio says": reginfo(registration(AOR, [contact(1), contact(2, more=' q="0.5"')])),
    "all that is allowed, in any order": reginfo(registration(AOR, [
        contact(3, RICH), contact(4, "<o:first/>" + RICH, event="created"),
        contact(5, event="shortened", more=' duration-registered="7"'),
        contact(6, event="refreshed", uri="sip:alice#1@192.0.2.6"), contact(7, uri="tel:+4930123456")], SET)),
    "values that are none": reginfo(registration(AOR, [
        contact(8, '<display-name xml:lang="no language!">A</display-name>', more=' q="high"'),
        contact(9, '<display-name xml:lang="">A</display-name><display-name>B</display-name>',
                more=' retry-after="-1" duration-registered="soon"'),
        contact(13, '<gr:pub-gruu/><gr:temp-gruu uri="sip:a@b" first-cseq="x"/><o:w><contact/></o:w><o:v xml:lang="!"/>'),
        contact(10, "<unknown-param>nameless</unknown-param>", event="mended")])),
    "several registrations": reginfo(
        registration(AOR, [contact(11)], SET), registration("tel:+4930123456", [contact(11, RICH)]),
        registration("sip:+4930123456@reg.test;user=phone", [contact(11)])),
    "ends of all kinds": reginfo(registration(AOR, [
        contact(3, state="terminated", event="probation", more=' retry-after="9"'),
        *(contact(20 + i, RICH, "terminated", event) for i, event in enumerate(ENDS)), contact(12)])),
}


class Reader(Watcher):
    """One that keeps documents as they come."""

    def _take(self, request):
        self.notifies.append(request)


def for_kamailio(document):
    """Without the attributes for Kamailio alone, which the schema does not have."""
    return re.sub(r' (received|path|user_agent|o:extra|xmlns:o)="[^"]*"', "", document)


def is_valid(path):
    done = subprocess.run(["xmllint", "--noout", "--schema", SCHEMA, path], capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{open(path).read()}"


def test(bed):
    need("xmllint")
    rules = ",".join(f"{profile} user_agent={profile}" for profile in PROFILES)
    server = Reginfod(bed, "reginfod", environment={"REGINFOD_WATCHERS_PROFILES": rules})
    publisher = bed.watch(Publisher(AOR, server.address))
    seen = {profile: [] for profile in PROFILES}
    watchers = {}

    def told(profile, minimum):
        """The documents that this watcher got since the last call."""
        watcher = watchers[profile]
        watcher.wait(lambda w: len(w.notifies) >= minimum, "a NOTIFY")
        return watcher.notifies[len(seen[profile]):]

    for title, body in BODIES.items():
        answer = publisher.say(body)
        assert answer.status == 200, f"{title}: {answer.start}"
        for profile in PROFILES:
            if profile not in watchers:
                watcher = watchers[profile] = bed.watch(Reader(AOR, server.address, name=profile))
                watcher.user_agent = profile
                assert watcher.subscribe().status == 200, profile
            for notify in told(profile, len(seen[profile]) + 1):
                seen[profile].append(notify)
                document = notify.body.decode() if isinstance(notify.body, bytes) else notify.body
                has_more = 'received="' in document or "o:extra" in document
                assert has_more == (profile == "kamailio"), f"{title}, {profile}: {document}"
                path = os.path.join(bed.directory, f"{profile}-{len(seen[profile])}.xml")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(for_kamailio(document) if profile == "kamailio" else document)
                is_valid(path)
    assert all(len(notifies) == len(BODIES) for notifies in seen.values()), {p: len(n) for p, n in seen.items()}
    everything = "".join(str(n.body) for n in seen["standard"])
    for part in ("pub-gruu", "unknown-param", "display-name", "wildcardedIdentity", "retry-after", "tel:+4930123456"):
        assert part in everything, f"{part} was never told: the test shows nothing"
    assert sum("<registration" in str(n.body) and str(n.body).count("<registration") == 3
               for n in seen["ims"]) >= 1, "no document with a whole set"


if __name__ == "__main__":
    run("schema", test)
