"""PyTorch's ResNet-20 on CIFAR-10 by the recipe of `carnyx train cifar_resnet`: the accuracy to compare ours with.

    build/peers/torch/bin/python tests/oracle/resnet_accuracy.py --data DIR [--seeds 1 2] [--epochs 30]
        [--decay-epochs 15 23] [--device cpu] [--states DIR]
    carnyx train cifar_resnet --resnet-size 20 --data DIR --train-epochs 30 --decay-epochs 15,23 --seed 1

DIR holds the binary batches. Each epoch prints its mean training loss, penalties left out, and the accuracy on
the first 9,984 test images, whole batches as ours measures. With --states every epoch's end is kept there, and a run that
was stopped goes on from its last.
"""

import argparse
import pathlib
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "peers"))
import torch_images  # noqa: E402
import workload  # noqa: E402

NETWORK = workload.NETWORKS["resnet20"]


class Run:
    def __init__(self, data: workload.Data, options: argparse.Namespace, seed: int) -> None:
        torch.manual_seed(seed)
        self.seed, self.device = seed, torch.device(options.device)
        self.batches = torch_images.Batches(NETWORK, data, options)
        self.labels = torch.from_numpy(data.train_labels).long().to(self.device)
        whole = len(data.test_labels) // NETWORK.batch_size * NETWORK.batch_size
        self.test_images = torch.from_numpy(data.test_images[:whole]).to(self.device)
        self.test_labels = torch.from_numpy(data.test_labels[:whole]).long().to(self.device)
        self.model = torch_images.make_model(NETWORK).to(self.device, memory_format=torch.channels_last)
        self.optimizer = torch_images.make_optimizer(NETWORK, self.model, foreach=True)
        self.schedule = torch.optim.lr_scheduler.MultiStepLR(self.optimizer, options.decay_epochs)
        self.epoch = 0
        self.state = options.states / f"{seed}.pt" if options.states else None

    def parts(self) -> dict:
        return {"model": self.model, "optimizer": self.optimizer, "schedule": self.schedule}

    def save(self) -> None:
        if self.state is None:
            return
        self.state.parent.mkdir(parents=True, exist_ok=True)
        part = self.state.with_suffix(".part")
        torch.save({"epoch": self.epoch, **{k: v.state_dict() for k, v in self.parts().items()}}, part)
        part.replace(self.state)

    def go_on(self) -> None:
        """From the kept state, if there is one; the epochs' order and crops are drawn from (seed, epoch)."""
        if self.state is None or not self.state.exists():
            return
        state = torch.load(self.state, map_location=self.device)
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
        self.epoch = state["epoch"]

    def train_epoch(self) -> float:
        torch.manual_seed(self.seed * 1000 + self.epoch)
        self.model.train()
        order = torch.randperm(len(self.labels), device=self.device)
        steps = order.split(NETWORK.batch_size)
        total = torch.zeros((), device=self.device)
        for picked in steps:
            self.optimizer.zero_grad(set_to_none=True)
            outputs = self.model(self.batches.gather(picked))
            loss = torch.nn.functional.cross_entropy(outputs, self.labels[picked])
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
        self.schedule.step()
        self.epoch += 1
        return float(total) / len(steps)

    @torch.no_grad()
    def accuracy(self) -> float:
        self.model.eval()
        right = sum(int((self.model(self.batches.prepared(images)).argmax(1) == labels).sum())
                    for images, labels in zip(self.test_images.split(1024), self.test_labels.split(1024)))
        return right / len(self.test_labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--decay-epochs", type=int, nargs="+", default=[15, 23])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--states", type=pathlib.Path)
    options = parser.parse_args()
    options.augmentation, options.variant = "crop_flip", "channels_last"
    data = workload.load("resnet20", options.data)
    for seed in options.seeds:
        run = Run(data, options, seed)
        run.go_on()
        while run.epoch < options.epochs:
            started = time.perf_counter()
            loss = run.train_epoch()
            accuracy = run.accuracy()
            run.save()
            print(f"seed {seed} epoch {run.epoch}: loss {loss:.4f}, test accuracy {accuracy:.4f}, "
                  f"{time.perf_counter() - started:.1f} s", flush=True)
        print(f"seed {seed}: test accuracy {run.accuracy():.4f} after {run.epoch} epochs")


if __name__ == "__main__":
    main()
