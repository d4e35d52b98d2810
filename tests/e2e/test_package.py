"""The Debian package: built from this build tree, in order by lintian and systemd, and in its place.

    test_package.py BUILD_DIR
"""

import os
import re
import shutil
import subprocess
import sys

import harness
from harness import ROOT

INSTALLED = """
/etc/reginfod/reginfod.toml
/usr/bin/reginfod
/usr/lib/systemd/system/reginfod.service
/usr/lib/sysusers.d/reginfod.conf
/usr/share/bash-completion/completions/reginfod
/usr/share/doc/reginfod/changelog.Debian.gz
/usr/share/doc/reginfod/copyright
/usr/share/doc/reginfod/operations.md
/usr/share/doc/reginfod/examples/kamailio/reg-event.cfg
/usr/share/doc/reginfod/examples/prometheus/alerts.yml
/usr/share/man/man5/reginfod.toml.5.gz
/usr/share/man/man8/reginfod.8.gz
""".split()
MOST_EXPOSED = 1.5  # of 10, by systemd-analyze


def command(*arguments, environment=None, directory=None):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=240, check=False,
                          env=harness.environment_with(**(environment or {})), cwd=directory)
    output = done.stdout + done.stderr
    assert done.returncode == 0, f"{' '.join(arguments)}:\n{output}"
    return output


def build_package(build, directory):
    """The path of the package, made in `directory`."""
    command("cpack", "--config", os.path.join(build, "CPackConfig.cmake"), "-G", "DEB", "-B", directory)
    made = [name for name in os.listdir(directory) if name.endswith(".deb")]
    assert len(made) == 1, made
    return os.path.join(directory, made[0])


def package(bed, build):
    harness.need("lintian", "dpkg-deb")
    path = build_package(build, bed.directory)
    files = {line.split()[5].lstrip(".") for line in command("dpkg-deb", "-c", path).splitlines()}
    assert set(INSTALLED) <= files, set(INSTALLED) - files
    found = command("lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit",
                    "0", path)
    print(found.strip() or "lintian: nothing", flush=True)
    print(f"{os.path.getsize(path)} bytes: {os.path.basename(path)}", flush=True)
    return path


def unit(bed, path):
    """What the unit says is right, and leaves little open."""
    harness.need("systemd-analyze")
    root = os.path.join(bed.directory, "root")
    command("dpkg-deb", "-x", path, root)
    service = os.path.join(root, "usr/lib/systemd/system/reginfod.service")
    text = open(service).read()
    assert "ExecStart=/usr/bin/reginfod --config /etc/reginfod/reginfod.toml\n" in text, text
    # verify wants the executable where the unit says; the man pages are looked for on this host.
    here = os.path.join(bed.directory, "reginfod.service")
    with open(here, "w") as file:
        file.write(text.replace("/usr/bin/reginfod", os.path.join(root, "usr/bin/reginfod"))
                   .replace("Documentation=man:reginfod(8) man:reginfod.toml(5)\n", ""))
    trouble = [line for line in command("systemd-analyze", "verify", "--man=no", here).splitlines()
               if "reginfod" in line]
    assert not trouble, trouble
    exposure = command("systemd-analyze", "security", "--offline=true",
                       f"--threshold={int(MOST_EXPOSED * 10)}", here)
    print(re.findall(r"Overall exposure.*", exposure)[0], flush=True)
    return root


def installed_elsewhere(bed, build):
    """`cmake --install --prefix` puts everything below the prefix, and the unit names that."""
    prefix = os.path.join(bed.directory, "prefix")
    command("cmake", "--install", build, "--prefix", prefix)
    for path in INSTALLED:
        below = os.path.join(prefix, path.removeprefix("/usr/").lstrip("/"))
        assert os.path.isfile(below), below
    with open(os.path.join(prefix, "lib/systemd/system/reginfod.service")) as file:
        assert f"ExecStart={prefix}/bin/reginfod --config {prefix}/etc/" in file.read()
    done = command(os.path.join(prefix, "bin/reginfod"), "--config",
                   os.path.join(prefix, "etc/reginfod/reginfod.toml"), "--check-config")
    assert "listen" in done, done


def test(bed):
    build = sys.argv[1]
    if not os.path.exists(os.path.join(build, "CPackConfig.cmake")):
        raise harness.Skip(f"{build} is not a build tree of {ROOT}")
    path = package(bed, build)
    unit(bed, path)
    installed_elsewhere(bed, build)
    shutil.rmtree(os.path.join(bed.directory, "_CPack_Packages"))


if __name__ == "__main__":
    harness.run("package", test)
