#!/usr/bin/env python3
"""Fails if a dependency has a licence outside the allow-list of deny.toml, or comes from anywhere but the registry.

Reads `cargo metadata` for this machine's platform: what is linked here, build and test dependencies among it.
Licences are SPDX expressions; `MIT/Apache-2.0`, the old way of writing OR, is read too.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def allowed():
    """The names in `[licenses] allow` of deny.toml."""
    text = (ROOT / "deny.toml").read_text(encoding="utf-8")
    section = text.split("[licenses]", 1)[1]
    return set(re.findall(r'"([^"]+)"', re.search(r"^allow\s*=\s*\[(.*?)^\]", section, re.S | re.M).group(1)))


def satisfied(expression, names):
    """Whether an SPDX expression can be met with these licences alone. AND binds closer than OR."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def either():
        good = both()
        while words and words[0] == "OR":
            words.pop(0)
            good = both() or good
        return good

    def both():
        good = one()
        while words and words[0] == "AND":
            words.pop(0)
            good = one() and good
        return good

    def one():
        word = words.pop(0)
        if word == "(":
            good = either()
            if words.pop(0) != ")":
                raise ValueError(expression)
            return good
        if words and words[0] == "WITH":
            words.pop(0)
            word = f"{word} WITH {words.pop(0)}"
        return word in names

    good = either()
    if words:
        raise ValueError(expression)
    return good


def metadata():
    host = re.search(r"^host: (\S+)", subprocess.check_output(["rustc", "-vV"], text=True), re.M).group(1)
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host]
    return json.loads(subprocess.check_output(command, cwd=ROOT))


def faults(package, names):
    source, licence = package["source"], package["license"]
    if source is not None and not source.startswith("registry+"):
        yield f"comes from {source}"
    try:
        if not satisfied(licence or "", names):
            yield f"has the licence {licence}, which deny.toml does not allow"
    except (IndexError, ValueError):
        yield f"has no licence that can be read: {licence!r}"


def main():
    names, meta = allowed(), metadata()
    used = {node["id"] for node in meta["resolve"]["nodes"]}
    packages = [package for package in meta["packages"] if package["id"] in used]
    found = [f"{p['name']} {p['version']} {fault}" for p in packages for fault in faults(p, names)]
    for line in sorted(found):
        print(line, file=sys.stderr)
    if found or len(packages) < 2:
        sys.exit(f"{len(found)} of {len(packages)} packages are not allowed")
    print(f"{len(packages)} packages, each under a licence that deny.toml allows")


if __name__ == "__main__":
    main()
