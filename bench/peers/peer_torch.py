"""PyTorch, from what its tutorials show to the best that can be written in it. Variants:

  eager             nn.Module and torch.optim, multi-tensor (foreach)
  fused             the same with torch.optim's fused kernel, where the optimizer has one on CPU
  compiled          loss, gradients and optimizer step through torch.compile
  flat              eager gradients into one flat buffer, one update pass over it
  flat_compiled     the same, both halves through torch.compile
  manual            no autograd: forward, backward and update written out
  manual_compiled   the whole written-out step as one torch.compile graph

mixed_bfloat16 is autocast in eager, fused and compiled, and bfloat16 weights with float32 masters
in the rest. Everywhere the uint8 images are resident and gathered with index_select.

The convolutional networks have eager, fused and compiled only, each also as NAME_channels_last.
"""

import argparse
import time

import peer
import workload

VARIANTS = ["eager", "fused", "compiled", "flat", "flat_compiled", "manual", "manual_compiled"]
VARIANTS += [f"{name}_channels_last" for name in ("eager", "fused", "compiled")]
chosen = peer.arguments(__doc__, VARIANTS)
started = time.perf_counter()
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

import_s = time.perf_counter() - started
import torch_images  # noqa: E402


def make_model(network: workload.Network) -> torch.nn.Sequential:
    activation = torch.nn.ReLU if network.activation == "relu" else torch.nn.Tanh
    layers: list[torch.nn.Module] = []
    for rows, columns in network.shapes():
        linear = torch.nn.Linear(rows, columns)
        torch.nn.init.xavier_uniform_(linear.weight)
        torch.nn.init.zeros_(linear.bias)
        layers += [linear, activation(), torch.nn.Dropout(network.dropout)]
    return torch.nn.Sequential(*[x for x in layers[:-2]
                                 if not (isinstance(x, torch.nn.Dropout) and network.dropout == 0)])


def clip(gradients: list[torch.Tensor], limit: float | None) -> None:
    if limit is not None:
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        torch._foreach_mul_(gradients, torch.clamp(limit / norm, max=1.0))


class Rule:
    """Keras's RMSprop or Adam in place on lists of float32 tensors."""

    def __init__(self, network: workload.Network, weights: list[torch.Tensor]) -> None:
        self.is_rmsprop, self.limit = network.optimizer == "rmsprop", network.global_clipnorm
        self.second = [torch.zeros_like(w) for w in weights]
        self.first = [] if self.is_rmsprop else [torch.zeros_like(w) for w in weights]
        self.step = torch.zeros(())

    def apply(self, weights: list[torch.Tensor], gradients: list[torch.Tensor]) -> None:
        clip(gradients, self.limit)
        self.step += 1
        rate = workload.LEARNING_RATE
        b1, b2 = workload.BETA_1, workload.RHO if self.is_rmsprop else workload.BETA_2
        for i, (w, g) in enumerate(zip(weights, gradients)):
            self.second[i].mul_(b2).addcmul_(g, g, value=1 - b2)
            if self.is_rmsprop:
                w.addcmul_(g, (self.second[i] + workload.EPSILON).rsqrt(), value=-rate)
                continue
            self.first[i].lerp_(g, 1 - b1)
            scale = rate * torch.sqrt(1 - b2 ** self.step) / (1 - b1 ** self.step)
            w.sub_(scale * self.first[i] / (self.second[i].sqrt() + workload.EPSILON))


class Trainer:
    """Shuffle, gather and count; the subclasses know how to do one step."""

    def __init__(self, network: workload.Network | workload.ImageNetwork, data: workload.Data,
                 options: argparse.Namespace) -> None:
        self.network, self.data = network, data
        self.is_mixed = options.precision == "mixed_bfloat16"
        self.labels = torch.from_numpy(data.train_labels).long()
        self.batches = None
        if isinstance(network, workload.ImageNetwork):
            self.batches = torch_images.Batches(network, data, options)
            self.model = torch_images.make_model(network)
            if self.batches.is_last:
                self.model = self.model.to(memory_format=torch.channels_last)
        else:
            self.model = make_model(network)
            self.images = torch.from_numpy(data.train_images)

    def gather(self, picked: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.batches is not None:
            return self.batches.gather(picked), self.labels.index_select(0, picked)
        x = self.images.index_select(0, picked).to(torch.float32).mul_(1 / 255)
        return x, self.labels.index_select(0, picked)

    def step(self, picked: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def epoch(self) -> float:
        order = torch.randperm(len(self.labels))
        for picked in order.split(self.network.batch_size):
            loss = self.step(picked)
        return float(loss)

    def accuracy(self) -> float:
        self.finish()
        self.model.eval()
        images, right = torch.from_numpy(self.data.test_images), 0
        with torch.no_grad():
            for part, labels in zip(images.split(1000),
                                    torch.from_numpy(self.data.test_labels).split(1000)):
                x = self.batches.prepared(part) if self.batches else part.float() / 255
                right += int((self.model(x).argmax(1) == labels).sum())
        self.model.train()
        return right / len(images)

    def finish(self) -> None:
        """Brings self.model up to date, where the step trains something else."""


class Module(Trainer):
    """nn.Module, autograd and torch.optim."""

    def __init__(self, network, data, options):
        super().__init__(network, data, options)
        how = {"fused": True} if options.variant.startswith("fused") else {"foreach": True}
        if self.batches is not None:
            self.optimizer = torch_images.make_optimizer(network, self.model, **how)
        else:
            self.optimizer = self.dense_optimizer(how)
        self.loss_of, self.update = self.plain_loss, self.plain_update
        if options.variant.startswith("compiled"):
            self.loss_of = torch.compile(self.plain_loss, dynamic=False)
            self.update = torch.compile(self.plain_update, dynamic=False)

    def dense_optimizer(self, how: dict[str, bool]) -> torch.optim.Optimizer:
        is_rmsprop = self.network.optimizer == "rmsprop"
        kind = torch.optim.RMSprop if is_rmsprop else torch.optim.Adam
        own = {"alpha": workload.RHO} if is_rmsprop else {}
        return kind(self.model.parameters(), lr=workload.LEARNING_RATE, eps=workload.EPSILON,
                    **own, **how)

    def plain_loss(self, picked):
        x, labels = self.gather(picked)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.is_mixed):
            logits = self.model(x)
        return functional.cross_entropy(logits.float(), labels)

    def plain_update(self):
        limit = getattr(self.network, "global_clipnorm", None)
        if limit is not None:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit, foreach=True)
        self.optimizer.step()

    def step(self, picked):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss_of(picked)
        loss.backward()
        self.update()
        return loss.detach()


class Flat(Trainer):
    """Weights, gradients and slots are flat; the parameters are views of the flat weights."""

    def __init__(self, network, data, options):
        super().__init__(network, data, options)
        self.master = torch.nn.utils.parameters_to_vector(self.model.parameters()).detach().clone()
        self.weights = self.master.to(torch.bfloat16) if self.is_mixed else self.master
        self.gradient = torch.zeros_like(self.weights)
        offset = 0
        for parameter in self.model.parameters():
            end = offset + parameter.numel()
            parameter.data = self.weights[offset:end].view_as(parameter)
            parameter.grad = self.gradient[offset:end].view_as(parameter)
            offset = end
        self.rule = Rule(network, [self.master])
        self.loss_of, self.update = self.plain_loss, self.plain_update
        if options.variant == "flat_compiled":
            self.loss_of = torch.compile(self.plain_loss, dynamic=False)
            self.update = torch.compile(self.plain_update, dynamic=False)

    def plain_loss(self, picked):
        x, labels = self.gather(picked)
        return functional.cross_entropy(self.model(x.to(self.weights.dtype)).float(), labels)

    def plain_update(self):
        self.rule.apply([self.master], [self.gradient.float()])
        if self.is_mixed:
            self.weights.copy_(self.master)
        self.gradient.zero_()

    def step(self, picked):
        loss = self.loss_of(picked)
        loss.backward()
        with torch.no_grad():
            self.update()
        return loss.detach()

    def finish(self):
        self.model.float()


class Manual(Trainer):
    """No autograd and no module: the step as formulas on kernels [in, out] and biases [out]."""

    def __init__(self, network, data, options):
        super().__init__(network, data, options)
        linears = [x for x in self.model if isinstance(x, torch.nn.Linear)]
        self.masters = [t for x in linears for t in (x.weight.detach().t().contiguous(),
                                                     x.bias.detach().clone())]
        self.weights = [m.to(torch.bfloat16) if self.is_mixed else m for m in self.masters]
        self.rule = Rule(network, self.masters)
        self.run_step = self.plain_step
        if options.variant == "manual_compiled":
            self.run_step = torch.compile(self.plain_step, dynamic=False, fullgraph=True)

    def plain_step(self, picked):
        x, labels = self.gather(picked)
        loss, gradients = self.loss_and_gradients(x.to(self.weights[0].dtype), labels)
        self.rule.apply(self.masters, [g.float() for g in gradients])
        if self.is_mixed:
            torch._foreach_copy_(self.weights, self.masters)
        return loss

    def loss_and_gradients(self, x, labels):
        is_relu, drop = self.network.activation == "relu", self.network.dropout
        kernels, biases = self.weights[0::2], self.weights[1::2]
        inputs, kept = [x], []
        for kernel, bias in zip(kernels[:-1], biases[:-1]):
            x = torch.addmm(bias, x, kernel)
            x = torch.relu(x) if is_relu else torch.tanh(x)
            if drop > 0:
                is_kept = torch.rand_like(x, dtype=torch.float32) >= drop
                kept.append(is_kept.to(x.dtype) / (1 - drop))
                x = x * kept[-1]
            inputs.append(x)
        logits = torch.addmm(biases[-1], x, kernels[-1]).float()
        log_p = torch.log_softmax(logits, 1)
        loss = -log_p.gather(1, labels[:, None]).mean()
        delta = (log_p.exp() - functional.one_hot(labels, logits.shape[1])) / len(labels)
        delta = delta.to(x.dtype)
        gradients = []
        for i in reversed(range(len(kernels))):
            gradients += [delta.sum(0), inputs[i].t() @ delta]
            if i > 0:
                delta = delta @ kernels[i].t()
                if drop > 0:
                    delta = delta * kept[i - 1]
                slope = (inputs[i] > 0) if is_relu else 1 - inputs[i] * inputs[i]
                delta = delta * slope
        return loss, gradients[::-1]

    def step(self, picked):
        with torch.no_grad():
            return self.run_step(picked)

    def finish(self):
        linears = [x for x in self.model if isinstance(x, torch.nn.Linear)]
        for linear, kernel, bias in zip(linears, self.masters[0::2], self.masters[1::2]):
            linear.weight.data, linear.bias.data = kernel.t(), bias


def build(network: workload.Network, data: workload.Data, options: argparse.Namespace) -> Trainer:
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.set_float32_matmul_precision(options.float32_matmul_precision)
    kinds = {"flat": Flat, "flat_compiled": Flat, "manual": Manual, "manual_compiled": Manual}
    if isinstance(network, workload.ImageNetwork) and options.variant in kinds:
        raise SystemExit(f"--variant {options.variant}: written out for dense networks only")
    return kinds.get(options.variant, Module)(network, data, options)


if __name__ == "__main__":
    peer.run(chosen, import_s, {"torch": torch.__version__}, build)
