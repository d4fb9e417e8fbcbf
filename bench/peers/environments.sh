#!/bin/sh
# Makes the Python environments of the peers and of tests/oracle under build/peers/<name>, each from
# its complete list of pins. One that was made from the same pins is left alone.
#
#     bench/peers/environments.sh [keras_tf] [keras_jax] [torch] [oracle] [tensorboard] [reading] [sklearn]
#     (default: all)
#
# PYTHON chooses the interpreter (default python3).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=${CARNYX_PEERS_DIR:-$(cd "$here/../.." && pwd)/build/peers}
python=${PYTHON:-python3}

make_environment() {
  name=$1
  pins=$here/$name.txt
  target=$root/$name
  if [ ! -f "$pins" ]; then
    echo "environments: no $pins; known: keras_tf keras_jax torch oracle tensorboard reading sklearn" >&2
    exit 2
  fi
  if cmp -s "$pins" "$target/.pins"; then
    return
  fi
  echo "environments: making $target" >&2
  rm -rf "$target"
  "$python" -m venv "$target"
  "$target/bin/python" -m pip install --quiet --no-deps --disable-pip-version-check -r "$pins" >&2
  if [ "$name" = torch ]; then
    "$target/bin/python" "$here/cuda_stubs.py" \
      "$("$target/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')" >&2
  fi
  cp "$pins" "$target/.pins"  # last: an environment without it is incomplete and made anew
}

[ $# -gt 0 ] || set -- keras_tf keras_jax torch oracle tensorboard reading sklearn
for name in "$@"; do make_environment "$name"; done
