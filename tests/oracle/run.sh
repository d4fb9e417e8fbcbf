#!/bin/sh
# Asks real Keras: makes the `oracle` environment, writes tests/golden again and the steps of
# training under build/oracle. A change of tests/golden shows in the diff and is reviewed there.
#
#     tests/oracle/run.sh [golden] [steps] [coverage]      (default: all)
#
# CARNYX_MNIST_DIR: folder of the MNIST IDX .gz files for the steps (default: random bytes).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=$root/build/peers/oracle/bin/python
export KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=2 TF_ENABLE_ONEDNN_OPTS=0

"$root/bench/peers/environments.sh" oracle
[ $# -gt 0 ] || set -- golden steps coverage
for what in "$@"; do
  case $what in
    golden)
      for script in activations losses metrics weighted_fit initializers summaries datasets; do
        "$python" "$here/$script.py"
      done ;;
    steps)
      "$python" "$here/keras_steps.py" --output "$root/build/oracle" \
        ${CARNYX_MNIST_DIR:+--data "$CARNYX_MNIST_DIR"} ;;
    coverage) "$python" "$here/coverage.py" ;;
    *) echo "oracle: unknown $what; known: golden steps coverage" >&2; exit 2 ;;
  esac
done
