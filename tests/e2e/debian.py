"""Debians in folders: fetched once by debootstrap, and kept."""

import os
import shutil
import subprocess

import harness
from harness import ROOT, Process

KEPT = os.path.join(ROOT, "build/images")


def command(*arguments, timeout=7200):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout.strip()


def need_root():
    harness.need("debootstrap")
    if os.geteuid() != 0:
        raise harness.Skip("debootstrap and chroot want root")


def debootstrap(release, tree):
    """The folder with a minimal Debian in it."""
    if not os.path.exists(os.path.join(tree, "complete")):
        shutil.rmtree(tree, ignore_errors=True)
        os.makedirs(os.path.dirname(tree), exist_ok=True)
        command("debootstrap", "--variant=minbase", release, tree)
        open(os.path.join(tree, "complete"), "w").close()
    return tree


def compiler_cache(release):
    """The folder that all builds in this release share; not with another, as compilers differ."""
    cache = os.path.join(KEPT, f"{release}-ccache")
    os.makedirs(cache, exist_ok=True)
    return cache


# As process 1 with that root, this machine's network and devices, and its way to a mirror.
ENTER = """set -e
mount --bind "$0" "$0"
cd "$0"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount --bind /etc/apt/apt.conf.d etc/apt/apt.conf.d
mkdir -p root/.cache/ccache
mount --bind "$CACHE" root/.cache/ccache
pivot_root . mnt
umount -l /mnt
cd /src
exec "$@"
"""


class OtherDebian:
    """One with a copy of the checkout in /src, whose build folder and packages are kept as well."""

    def __init__(self, bed, release):
        need_root()
        self.bed, self.release = bed, release
        self.root = debootstrap(release, os.path.join(KEPT, f"{release}-tests"))
        shutil.copy("/etc/resolv.conf", os.path.join(self.root, "etc/resolv.conf"))
        with open(os.path.join(self.root, "etc/hosts"), "w") as file:
            file.write("127.0.0.1 localhost\n::1 localhost\n")

    def take(self, checkout):
        """With the times of the files, so that only what has changed is built again."""
        source = os.path.join(self.root, "src")
        os.makedirs(source, exist_ok=True)
        for name in set(os.listdir(source)) - {"build"}:
            path = os.path.join(source, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        left_out = shutil.ignore_patterns("__pycache__", ".git")
        for name in set(os.listdir(checkout)) - {"build", ".git", ".cache"}:
            path, copy = os.path.join(checkout, name), os.path.join(source, name)
            if os.path.isdir(path):
                shutil.copytree(path, copy, symlinks=True, ignore=left_out)
            else:
                shutil.copy2(path, copy)

    def run(self, name, *words):
        """What the command printed; it must succeed."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
                       "DEBIAN_FRONTEND": "noninteractive", "CACHE": compiler_cache(self.release)}
        kept = {key: os.environ[key] for key in ("JOBS", "http_proxy", "https_proxy") if key in os.environ}
        variables = [f"{key}={value}" for key, value in (environment | kept).items()]
        running = Process(name, ["unshare", "--mount", "--pid", "--fork", "--kill-child", "env", "-i",
                                 *variables, "sh", "-c", ENTER, self.root, *words], self.bed.directory)
        running.may_fail = True
        self.bed.processes.append(running)
        status = running.child.wait()
        assert status == 0, f"{' '.join(words)} ended with {status}:\n{running.output()[-6000:]}"
        return running.output()
