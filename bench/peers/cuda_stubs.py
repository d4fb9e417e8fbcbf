"""Lets PyTorch's wheel from PyPI import without the 2.3 GB of CUDA libraries it links.

PyPI has no CPU build of PyTorch for x86-64 Linux, and the one it has refuses to load without CUDA.
For every CUDA library named by the wheel's own libraries this writes an empty twin into torch/lib:
each function it is expected to have exists and answers cudaErrorNoDevice (100). torch then finds no
GPU and runs as a CPU build does; no code that runs on the CPU is touched.

    python cuda_stubs.py SITE_PACKAGES
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile

SYSTEM = re.compile(r"^(ld-linux|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+|gomp|gfortran))[.-]")
NO_DEVICE = 100


def lines(*command: str) -> list[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def needed(library: pathlib.Path) -> set[str]:
    found = (re.search(r"NEEDED.*\[(.*)\]", line) for line in lines("readelf", "-d", str(library)))
    return {match[1] for match in found if match}


def symbols(library: pathlib.Path, which: str) -> set[str]:
    """Names as `name` or `name@version`."""
    listed = lines("nm", "-D", which, "--with-symbol-versions", str(library))
    return {line.split()[-1].replace("@@", "@") for line in listed if line.split()[-2] not in "wv"}


def version_owners(library: pathlib.Path) -> dict[str, str]:
    """Which library each symbol version is expected of."""
    owners, owner = {}, ""
    for line in lines("readelf", "-VW", str(library)):
        if match := re.search(r"File: (\S+)", line):
            owner = match[1]
        elif owner and (match := re.search(r"Name: (\S+)\s+Flags:", line)):
            owners[match[1]] = owner
    return owners


def write_stub(folder: pathlib.Path, soname: str, version: str, names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        source, versions = pathlib.Path(scratch, "stub.s"), pathlib.Path(scratch, "stub.map")
        body = [f".globl {n}\n.type {n},@function\n{n}: mov ${NO_DEVICE},%eax\nret" for n in names]
        source.write_text("\n".join([".text", *body, '.section .note.GNU-stack,"",@progbits', ""]))
        versions.write_text(f"{version} {{ global: *; }};\n")
        subprocess.run(
            ["gcc", "-shared", "-nostdlib", f"-Wl,-soname,{soname}",
             f"-Wl,--version-script,{versions}", "-o", str(folder / soname), str(source)],
            check=True)


def main() -> None:
    folder = pathlib.Path(sys.argv[1]) / "torch" / "lib"
    libraries = sorted(folder.glob("libtorch*.so")) + sorted(folder.glob("libc10*.so"))
    present = {path.name for path in folder.glob("*.so*")}
    wanted = set().union(*map(needed, libraries)) - present
    wanted = {soname for soname in wanted if not SYSTEM.match(soname)}
    defined = set().union(*(symbols(lib, "--defined-only") for lib in libraries))
    missing = set().union(*(symbols(lib, "--undefined-only") for lib in libraries)) - defined

    owners = {v: o for lib in libraries for v, o in version_owners(lib).items() if o in wanted}
    by_library = collections.defaultdict(list)
    for symbol in sorted(missing):
        name, _, version = symbol.partition("@")
        if version in owners:
            by_library[owners[version]].append(name)
        elif not version and re.match(r"(nccl|nvshmem|cusparseLt|cuFile|cupti)", name):
            by_library[min(wanted)].append(name)  # unversioned: any loaded library serves
    version_of = {owner: version for version, owner in owners.items()}
    for soname in sorted(wanted):
        write_stub(folder, soname, version_of.get(soname, soname), by_library[soname])
    print(f"torch: {len(wanted)} CUDA libraries stubbed, no GPU will be seen")


if __name__ == "__main__":
    main()
