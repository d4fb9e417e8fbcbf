"""The convolutional networks as PyTorch modules, and batches of resident uint8 images for them."""

import argparse

import torch
import workload
from torch import nn
from torch.nn import functional


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    # Keras's `same` pads the far side of a strided convolution, this the near one: the same work.
    made = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(made.weight)
    return made


def normalization(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=workload.BATCH_NORM_EPSILON,
                          momentum=1 - workload.BATCH_NORM_MOMENTUM)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, has_projection: bool) -> None:
        super().__init__()
        self.first, self.first_norm = convolution(inputs, outputs, 3, stride), normalization(outputs)
        self.second, self.second_norm = convolution(outputs, outputs, 3), normalization(outputs)
        self.shortcut = nn.Sequential(convolution(inputs, outputs, 1, stride),
                                      normalization(outputs)) if has_projection else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu(self.first_norm(self.first(x)), inplace=True)
        y = self.second_norm(self.second(y))
        return functional.relu(y + self.shortcut(x), inplace=True)


def resnet(network: workload.ImageNetwork) -> nn.Sequential:
    layers: list[nn.Module] = [convolution(3, 16, 3), normalization(16), nn.ReLU(inplace=True)]
    inputs = 16
    for stage, outputs in enumerate((16, 32, 64)):
        for block in range(network.blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(Block(inputs, outputs, stride, has_projection=block == 0))
            inputs = outputs
    last = nn.Linear(inputs, network.classes)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), last)


def mnist_cnn(network: workload.ImageNetwork) -> nn.Sequential:
    made = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(inplace=True), nn.Conv2d(32, 64, 3), nn.ReLU(inplace=True),
        nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(),
        nn.Linear(64 * 12 * 12, 128), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.Linear(128, network.classes))
    for layer in made:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return made


def make_model(network: workload.ImageNetwork) -> nn.Sequential:
    return resnet(network) if network.blocks else mnist_cnn(network)


def make_optimizer(network: workload.ImageNetwork, model: nn.Module,
                   **how: bool) -> torch.optim.Optimizer:
    if network.optimizer == "adadelta":
        return torch.optim.Adadelta(model.parameters(), lr=workload.ADADELTA_LEARNING_RATE,
                                    rho=workload.ADADELTA_RHO, eps=workload.EPSILON, foreach=True)
    normal = {id(p) for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)
              for p in layer.parameters()}
    groups = [{"params": [p for p in model.parameters() if id(p) not in normal],
               "weight_decay": 2 * workload.L2},  # with SGD it is the penalty's gradient
              {"params": [p for p in model.parameters() if id(p) in normal], "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=workload.SGD_LEARNING_RATE, momentum=workload.MOMENTUM, **how)


class Batches:
    """Gathers, augments and lays out the images of a batch."""

    def __init__(self, network: workload.ImageNetwork, data: workload.Data,
                 options: argparse.Namespace) -> None:
        self.size = network.image[0]
        self.crops = options.augmentation == "crop_flip"
        self.is_last = options.variant.endswith("channels_last")
        images = workload.padded(data.train_images) if self.crops else data.train_images
        self.images = torch.from_numpy(images).to(getattr(options, "device", "cpu"))

    def gather(self, picked: torch.Tensor) -> torch.Tensor:
        x = self.cropped(picked) if self.crops else self.images.index_select(0, picked)
        return self.prepared(x)

    def cropped(self, picked: torch.Tensor) -> torch.Tensor:
        """Windows of the padded images, mirrored by counting their columns down: one gather."""
        size, count, device = self.size, len(picked), self.images.device
        span = torch.arange(size, device=device)
        shifts = torch.randint(2 * workload.PADDING + 1, (2, count, 1), device=device)
        is_mirrored = torch.rand(count, 1, device=device) < 0.5
        rows = shifts[0] + span
        columns = shifts[1] + torch.where(is_mirrored, size - 1 - span, span)
        return self.images[picked[:, None, None], rows[:, :, None], columns[:, None, :]]

    def prepared(self, images: torch.Tensor) -> torch.Tensor:
        """[batch, channels, height, width] float32 in the variant's memory format."""
        x = images.permute(0, 3, 1, 2).float()
        if not self.crops:
            x = x / 255
        else:
            deviation, mean = torch.std_mean(x, dim=(1, 2, 3), correction=0, keepdim=True)
            x = (x - mean) / deviation.clamp(min=x[0].numel() ** -0.5)
        return x.contiguous(
            memory_format=torch.channels_last if self.is_last else torch.contiguous_format)
