"""Reginfo documents as a watcher reads them: the tables of RFC 3680 §5.2."""

import xml.etree.ElementTree as ElementTree

NS = "{urn:ietf:params:xml:ns:reginfo}"


class Contact:
    def __init__(self, element):
        self.id = element.attrib["id"]
        self.state = element.attrib["state"]
        self.event = element.attrib["event"]
        self.expires = int(element.get("expires", "-1"))
        self.callid = element.get("callid")
        self.cseq = int(element.get("cseq", "-1"))
        self.uri = element.find(NS + "uri").text
        if self.state not in ("active", "terminated"):
            raise AssertionError(f"contact state {self.state}")

    def __repr__(self):
        return f"{self.uri} {self.state}/{self.event} expires={self.expires} cseq={self.cseq}"


class Fold:
    """The state of a watcher of one AOR after its documents."""

    def __init__(self):
        self.version = None
        self.active = {}     # uri -> Contact
        self.events = []     # (uri, state, event) in order
        self.documents = 0
        self.state = None    # of the registration

    def take(self, text):
        root = ElementTree.fromstring(text)
        if root.tag != NS + "reginfo":
            raise AssertionError(f"root is {root.tag}")
        version = int(root.attrib["version"])
        expected = 0 if self.version is None else self.version + 1
        if version != expected:
            raise AssertionError(f"version {version}, expected {expected}")
        if self.version is None and root.attrib["state"] != "full":
            raise AssertionError("the first document is not full")
        self.version = version
        self.documents += 1
        if root.attrib["state"] == "full":
            self.active = {}
        registrations = root.findall(NS + "registration")
        if len(registrations) != 1:
            raise AssertionError(f"{len(registrations)} registrations")
        self.state = registrations[0].attrib["state"]
        ids = set()
        for element in registrations[0].findall(NS + "contact"):
            self._take_contact(Contact(element), ids)
        if bool(self.active) != (self.state == "active"):
            raise AssertionError(f"registration is {self.state} with {len(self.active)} contacts")

    def _take_contact(self, contact, ids):
        if contact.id in ids:
            raise AssertionError(f"id {contact.id} twice in one document")
        ids.add(contact.id)
        self.events.append((contact.uri, contact.state, contact.event))
        if contact.state == "active":
            if contact.expires <= 0:
                raise AssertionError(f"an active contact without time left: {contact}")
            self.active[contact.uri] = contact
        else:
            if contact.expires != 0:
                raise AssertionError(f"an ended contact with time left: {contact}")
            self.active.pop(contact.uri, None)
