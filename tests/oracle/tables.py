"""Tables of strangers, beside scikit-learn: breast-cancer (classes) and diabetes (numbers), which scikit-learn
bundles, as CSV files in which one column became categories and a twentieth of the inputs is missing.

    tests/oracle/run.sh tables [--carnyx PROGRAM] [--seeds 5] [--keep DIR]

Runs `carnyx train`, `evaluate` and `predict` on each, and scikit-learn's MLP with the same hidden layers, at
most as many epochs, the same batch size and optimizer, on the same rows (imputed, one-hot, scaled by its own tools;
also stopping early as ours does, and the regression with scaled targets). Ours hold back what they
do by default, and stop by it: a tenth for classes, a fifth for numbers.
Says PASS if the mean over the seeds is no worse than scikit-learn's best variant by more than the spread
of both means, and if what `predict` wrote scores what `evaluate` said.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HIDDEN = (64, 64)
EPOCHS = 100
BATCH = 32


def with_holes(x, names, column, labels):
    """Rows of text: `column` cut into three categories, a twentieth of all inputs left empty."""
    rng = numpy.random.default_rng(11)
    thirds = numpy.quantile(x[:, column], [1 / 3, 2 / 3])
    rows = []
    for sample, label in zip(x, labels):
        cells = [repr(float(value)) for value in sample]
        cells[column] = ["low", "middle", "high"][int(numpy.searchsorted(thirds, sample[column]))]
        rows.append([cell if rng.random() > 0.05 else "" for cell in cells] + [label])
    return [name.replace(" ", "_") for name in names] + ["y"], rows


def classes():
    data = load_breast_cancer()
    return with_holes(data.data, list(data.feature_names), 1, [data.target_names[t] for t in data.target])


def numbers():
    data = load_diabetes(scaled=False)
    return with_holes(data.data, list(data.feature_names), 2, [repr(float(t)) for t in data.target])


def write(path, header, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header] + rows)


def carnyx(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"carnyx {' '.join(map(str, arguments))}: status {done.returncode}\n{done.stderr}")
    return done.stdout


def ours(program, folder, trainer, seed, truth):
    """The score by our own three commands: accuracy, or the root of the mean squared error."""
    job = folder / f"{trainer}-{seed}"
    carnyx(program, "train", trainer, "--data", folder / "train.csv", "--label", "y", "--job-dir", job, "--seed", seed,
           "--epochs", EPOCHS, "--batch-size", BATCH, "--hidden", "64,64", "--no-report", "--no-tensorboard",
           "--verbose", 0)
    said = json.loads(carnyx(program, "evaluate", job / "model.keras", "--data", folder / "test.csv", "--json"))
    carnyx(program, "predict", job / "model.keras", folder / "test.csv", "--output", job / "pred.csv")
    with open(job / "pred.csv", newline="") as file:
        guesses = [row["y"] for row in csv.DictReader(file)]
    if trainer == "classify":
        score = accuracy_score(truth, guesses)
        told = said["accuracy"]
    else:
        score = mean_squared_error([float(t) for t in truth], [float(g) for g in guesses]) ** 0.5
        told = said["loss"] ** 0.5
    if abs(score - told) > 1e-4 * max(1, abs(score)):
        sys.exit(f"{trainer}: evaluate says {told}, what predict wrote scores {score}")
    return score


def prepared(rows, column, width):
    """What scikit-learn makes of the same rows: its own imputation, one-hot and scaling."""
    others = [c for c in range(width) if c != column]
    return ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), others),
        ("words", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
         [column])])


def as_objects(rows, column):
    table = numpy.empty((len(rows), len(rows[0]) - 1), dtype=object)
    for i, row in enumerate(rows):
        for c, cell in enumerate(row[:-1]):
            table[i, c] = (cell or numpy.nan) if c == column else float(cell or "nan")
    return table


def theirs(trainer, variant, train, test, column, seed):
    stops = variant == "early stopping"
    settings = dict(hidden_layer_sizes=HIDDEN, max_iter=EPOCHS, batch_size=BATCH, random_state=seed,
                    n_iter_no_change=10 if stops else EPOCHS, early_stopping=stops,
                    validation_fraction=0.1 if trainer == "classify" else 0.2)
    x, y = as_objects(train, column), [row[-1] for row in train]
    model = MLPClassifier(**settings) if trainer == "classify" else MLPRegressor(**settings)
    names = sorted(set(y))  # as numbers: stopping early, 1.6 cannot compare words
    y = [names.index(t) for t in y] if trainer == "classify" else [float(t) for t in y]
    if trainer == "regress":
        if "scaled" in variant:
            model = TransformedTargetRegressor(model, transformer=StandardScaler())
    pipeline = make_pipeline(prepared(train, column, x.shape[1]), model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged: so many epochs were asked for
        pipeline.fit(x, y)
    guesses = pipeline.predict(as_objects(test, column))
    truth = [row[-1] for row in test]
    if trainer == "classify":
        return accuracy_score([names.index(t) for t in truth], guesses)
    return mean_squared_error([float(t) for t in truth], guesses) ** 0.5


def compare(program, folder, trainer, table, column, seeds):
    header, rows = table
    train, test = train_test_split(rows, test_size=0.25, random_state=0,
                                   stratify=[r[-1] for r in rows] if trainer == "classify" else None)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "train.csv", header, train)
    write(folder / "test.csv", header, test)
    truth = [row[-1] for row in test]
    higher = trainer == "classify"
    mine = [ours(program, folder, trainer, seed, truth) for seed in range(1, seeds + 1)]
    variants = ["default", "early stopping"] + ([] if higher else ["scaled targets"])
    results = {v: [theirs(trainer, v, train, test, column, seed) for seed in range(1, seeds + 1)] for v in variants}
    best = (max if higher else min)(variants, key=lambda v: numpy.mean(results[v]))
    spread = (numpy.var(mine) / seeds + numpy.var(results[best]) / seeds) ** 0.5
    name = "accuracy" if higher else "RMSE"
    print(f"{trainer}: {len(train)} rows to train on, {len(test)} to test with, {seeds} seeds")
    print(f"  carnyx                       {name} {numpy.mean(mine):.4f} ({min(mine):.4f} to {max(mine):.4f})")
    for variant in variants:
        r = results[variant]
        print(f"  scikit-learn, {variant:14} {name} {numpy.mean(r):.4f} ({min(r):.4f} to {max(r):.4f})")
    lead = numpy.mean(mine) - numpy.mean(results[best])
    is_no_worse = (lead if higher else -lead) >= -2 * spread
    print("  PASS" if is_no_worse else "  FAIL: worse than scikit-learn")
    return is_no_worse


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--carnyx", default=root / "build/dev/carnyx")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--keep", type=pathlib.Path, help="leave tables, models and predictions there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or pathlib.Path(scratch)
        done = [compare(options.carnyx, folder / "cancer", "classify", classes(), 1, options.seeds),
                compare(options.carnyx, folder / "diabetes", "regress", numbers(), 2, options.seeds)]
    sys.exit(0 if all(done) else 1)


if __name__ == "__main__":
    main()
