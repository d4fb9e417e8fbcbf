#!/bin/sh
# Fails if a source file is not as clang-format 14 would lay it out, or is past the size budget.
set -eu
cd "$(dirname "$0")/.."
version=$(clang-format --version | sed 's/.*version \([0-9]*\).*/\1/')
[ "$version" = 14 ] || {
  echo "check_format: needs clang-format 14, found $version; other versions lay code out differently" >&2
  exit 1
}
git ls-files -co --exclude-standard '*.h' '*.cpp' | while read -r file; do [ -e "$file" ] && echo "$file"; done |
  xargs clang-format --dry-run --Werror
echo "format: ok"
git ls-files -co --exclude-standard '*.h' '*.cpp' | xargs wc -l | awk '
  $2 == "total" { next }
  $1 > 600 { print "size: " $2 " has " $1 " lines; split it (the end is 600)"; bad = 1; next }
  $1 > 400 { print "size: " $2 " has " $1 " lines; look again (400)" }
  END { exit bad }'
