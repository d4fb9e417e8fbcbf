#!/usr/bin/env bash
# check_tidy.sh BUILD FLAG...: clang-tidy, with FLAG..., over every compilation that
# BUILD/compile_commands.json names, a module's sources or one, one a CPU. One that was clean is read again
# when a source of it, any header or a .clang-tidy is newer.
set -euo pipefail
build=$(realpath "$1")
shift
cd "$(dirname "$0")/.."
command -v clang-tidy >/dev/null ||
  { echo "check_tidy: no clang-tidy here; tools/install_packages.sh develop installs it" >&2; exit 1; }

clean=$build/tidy/$(printf '%s' "$*" | cksum | cut -d ' ' -f 1)
mkdir -p "$clean"
newest=$(git ls-files -co --exclude-standard '*.h' '*.clang-tidy' | xargs stat -c '%Y' | sort -n | tail -1)
export build clean newest

# sources_of UNIT: the files that it compiles together, or itself.
sources_of() {
  sed -n 's/^#include "\(\/.*\.cpp\)"$/\1/p' "$1" | grep . || echo "$1"
}

# tidy UNIT FLAG...: silent about a clean one.
tidy() {
  local unit=$1 report stamp changed
  shift
  stamp=$clean/${unit//\//,}
  changed=$(sources_of "$unit" | xargs stat -c '%Y' | sort -n | tail -1)
  if [ -e "$stamp" ] && [ "$(stat -c %Y "$stamp")" -gt "$((changed > newest ? changed : newest))" ]; then return; fi
  report=$(clang-tidy -p "$build" --quiet "$@" "$unit" 2>/dev/null) && touch "$stamp" && return
  printf '%s\n' "$report"
  return 1
}
export -f tidy sources_of

units=$(sed -n 's|^ *"file": "\(.*\)".*|\1|p' "$build/compile_commands.json" | sort -u)
printf '%s\n' "$units" | xargs -P "$(nproc)" -I '{}' bash -c 'tidy "$@"' tidy '{}' "$@" ||
  { echo "tidy: the sources named above are not clean" >&2; exit 1; }
echo "tidy: $(printf '%s\n' "$units" | while read -r unit; do sources_of "$unit"; done | wc -l) sources ok"
