#!/usr/bin/env bash
# check_tidy.sh BUILD FLAG...: clang-tidy, with FLAG..., over every source that BUILD/compile_commands.json
# names, one a CPU. One that was clean is read again when it, any header or a .clang-tidy is newer.
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

# tidy SOURCE FLAG...: silent about a clean source.
tidy() {
  local source=$1 report stamp
  shift
  stamp=$clean/${source//\//,}
  if [ "$stamp" -nt "$source" ] && [ "$(stat -c %Y "$stamp")" -gt "$newest" ]; then return; fi
  report=$(clang-tidy -p "$build" --quiet "$@" "$source" 2>/dev/null) && touch "$stamp" && return
  printf '%s\n' "$report"
  return 1
}
export -f tidy

sources=$(sed -n "s|^ *\"file\": \"$PWD/\(.*\)\".*|\1|p" "$build/compile_commands.json" | sort -u)
printf '%s\n' "$sources" | xargs -P "$(nproc)" -I '{}' bash -c 'tidy "$@"' tidy '{}' "$@" ||
  { echo "tidy: the sources named above are not clean" >&2; exit 1; }
echo "tidy: $(printf '%s\n' "$sources" | wc -l) sources ok"
