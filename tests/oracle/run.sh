#!/bin/sh
# Asks real Keras: makes the `oracle` environment, writes tests/golden again and the steps of
# training under build/oracle. A change of tests/golden shows in the diff and is reviewed there.
#
#     tests/oracle/run.sh [golden] [steps] [coverage] [layers] [random_networks] [functional] [resnet] [h5] [tensorboard] [tables] [documents]
#     (default: the first three)
#
# CARNYX_MNIST_DIR: folder of the MNIST IDX .gz files for the steps (default: random bytes);
# CARNYX_CIFAR_DIR: folder of CIFAR-10's data_batch_1.bin for resnet (default: random bytes).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=$root/build/peers/oracle/bin/python
board=$root/build/peers/tensorboard
export KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=2 TF_ENABLE_ONEDNN_OPTS=0

[ $# -gt 0 ] || set -- golden steps coverage
[ "$*" = tables ] || "$root/bench/peers/environments.sh" oracle
for what in "$@"; do
  case $what in
    golden)
      for script in activations losses metrics weighted_fit initializers optimizers weights layers \
          image_layers summaries functional_fit datasets callbacks; do
        "$python" "$here/$script.py"
      done
      "$root/bench/peers/environments.sh" tensorboard
      "$board/bin/python" "$here/tensorboard_events.py"
      PYTHONPATH=$(echo "$board"/lib/python3*/site-packages) "$python" "$here/tensorboard_tags.py" ;;
    steps)
      "$python" "$here/keras_steps.py" --output "$root/build/oracle" \
        ${CARNYX_MNIST_DIR:+--data "$CARNYX_MNIST_DIR"} ;;
    h5) "$python" "$here/h5_check.py" "$root/build/dev/carnyx" ;;
    functional) "$python" "$here/functional_check.py" "$root/build/dev/functional_check" ;;
    coverage) "$python" "$here/coverage.py" ;;
    layers) "$python" "$here/layers_check.py" "$root/build/dev/carnyx" ;;
    resnet)
      "$python" "$here/convolutional.py" "$root/build/dev/carnyx"
      "$python" "$here/convolutional_steps.py" --output "$root/build/oracle/convolutional" \
        ${CARNYX_MNIST_DIR:+--mnist "$CARNYX_MNIST_DIR"} \
        ${CARNYX_CIFAR_DIR:+--cifar "$CARNYX_CIFAR_DIR"}
      "$root/build/dev/keras_steps_check" "$root"/build/oracle/convolutional/* ;;
    random_networks)
      "$python" "$here/random_networks.py" --output "$root/build/oracle/networks"
      "$root/build/dev/random_networks_check" "$root"/build/oracle/networks/?.keras \
        "$root"/build/oracle/networks/??.keras
      "$python" "$here/random_networks.py" --again "$root/build/oracle/networks" ;;
    tensorboard)
      "$root/bench/peers/environments.sh" tensorboard
      job=$(mktemp -d)
      trap 'rm -rf "$job"' EXIT
      "$root/build/dev/carnyx" train mnist_mlp --synthetic --epochs 3 --steps-per-epoch 20 \
        --histogram-freq 1 --verbose 0 --job-dir "$job/run"
      "$board/bin/python" "$here/tensorboard_check.py" "$job/run" ;;
    tables)
      "$root/bench/peers/environments.sh" sklearn
      "$root/build/peers/sklearn/bin/python" "$here/tables.py" ;;
    documents)
      "$python" "$here/documents_check.py" "$root/build/dev/carnyx" \
        "${CARNYX_MNIST_DIR:?the documents check needs it}" ;;
    *)
      echo "oracle: unknown $what; known: golden steps coverage layers random_networks functional resnet h5 tensorboard tables documents" >&2
      exit 2 ;;
  esac
done
