"""What the files of deploy/kamailio/ want around them: databases, lists, and the names they are set by."""

import hashlib
import os
import sqlite3

import harness


def database(bed, name, parts=("standard", "presence"), users=()):
    """The path of a Kamailio's database with empty tables, and (user, domain, password)s in it."""
    path = os.path.join(bed.directory, f"{name}.sqlite")
    schema = "/usr/share/kamailio/db_sqlite"
    if not os.path.exists(f"{schema}/presence-create.sql"):
        raise harness.Skip("kamailio-sqlite-modules is not installed")
    if not os.path.exists(path):
        connection = sqlite3.connect(path)
        for part in parts:
            with open(f"{schema}/{part}-create.sql") as file:
                connection.executescript(file.read())
        for user, domain, password in users:
            ha1 = hashlib.md5(f"{user}:{domain}:{password}".encode()).hexdigest()
            connection.execute("INSERT INTO subscriber (username, domain, ha1) VALUES (?, ?, ?)",
                               (user, domain, ha1))
        connection.commit()
        connection.close()
    return path


def write(bed, name, lines):
    path = os.path.join(bed.directory, name)
    with open(path, "w") as file:
        file.write("".join(f"{line}\n" for line in lines))
    return path


def reg_event(bed, *reginfods, suffix="", users=(), host="127.0.0.1", cluster=False):
    """The names by which reg-event.cfg is set: these instances, or nodes of one cluster, 127.0.0.1
    trusted, these users."""
    if cluster:
        sets = [f"1 sip:{node.host}:{node.port}{suffix}" for node in reginfods]
    else:
        sets = [f"{number} sip:{host}:{reginfod.port}{suffix}"
                for number, reginfod in enumerate(reginfods, 1)]
    trusted = [f"{group} 127.0.0.1 32" for group in (1, 2)]
    trusted += [f"3 {address} 32" for address in sorted({node.host for node in reginfods if cluster})]
    users = database(bed, "auth", ("standard", "auth_db"), users)
    return ({"WITH_REG_CLUSTER": None} if cluster else {}) | {"DISPATCHER_LIST": f'"{write(bed, "dispatcher.list", sets)}"',
            "ADDRESS_LIST": f'"{write(bed, "address.list", trusted)}"',
            "AUTH_DB_URL": f'"sqlite:///{users}"',
            "REGINFODS": str(len(reginfods))}
