#!/usr/bin/env bash
# install_packages.sh NEED...: installs the packages of tools/packages.txt that are needed for one of
# NEED (run, test, develop) and are not there yet. Says what and why first; does nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v dpkg >/dev/null || {
  echo "carnyx: no dpkg here; install what tools/packages.txt lists in your system's way" >&2
  exit 0
}

missing=()
while read -r package need reason; do
  case " $* " in *" $need "*) ;; *) continue ;; esac
  if ! dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed'; then
    [ ${#missing[@]} -gt 0 ] || echo "carnyx: these Debian packages are missing:" >&2
    printf '  %-22s %s\n' "$package" "$reason" >&2
    missing+=("$package")
  fi
done < <(grep -v '^#' tools/packages.txt)
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "carnyx: cannot install them: not root, and there is no sudo. Ask an administrator for:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
  [ -t 0 ] || as_root=(sudo -n)  # nobody is there to type a password
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q "$@" </dev/null >&2; }
apt update || echo "carnyx: apt-get update failed; trying with the package lists that are here" >&2
apt install --no-install-recommends "${missing[@]}" || {
  echo "carnyx: apt-get could not install: ${missing[*]}" >&2
  echo "carnyx: check the network and /etc/apt/sources.list, or install them by hand and run this again" >&2
  exit 1
}
