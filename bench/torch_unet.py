"""The PyTorch peer of `pnpm bench --peer`: the network of packages/core/src/networks/unet.ts, its EDM preconditioning, its
training step and its Heun sampler, as one would write them in eager PyTorch (channels last, float32).

It is told what to do line by line, so that its rounds can alternate with ours while both processes live on, the one
that is not asked sleeping:

    train N    N steps of Adam            -> seconds
    sample N   N times a whole sampling   -> seconds
    memory     resident set at its peak   -> bytes

Its first line is JSON: what runs here. It ends with its input. Needs torch, nothing else.
"""

import argparse
import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

SIGMA_DATA = 0.5
SIGMA_MIN, SIGMA_MAX, RHO = 0.002, 80.0, 7.0
BRANCH = 0.3  # weight of a block's branch beside its skip path


def silu(x):
    """SiLU at unit magnitude for standard normal input."""
    return F.silu(x) / 0.596


def weighted_sum(a, b, t):
    return (a * (1 - t) + b * t) / math.hypot(1 - t, t)


def balanced_cat(a, b):
    """Concatenation along channels, each side scaled to give its share of the magnitude."""
    na, nb = a.shape[1], b.shape[1]
    scale = math.sqrt((na + nb) / 2)
    return torch.cat((a * (scale / math.sqrt(na)), b * (scale / math.sqrt(nb))), dim=1)


class Unit(nn.Module):
    """A weight [out, in, ...] whose norm is 1 per output, whatever the optimiser makes of it."""

    def __init__(self, *shape):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(*shape))

    def forward(self):
        norm = self.raw.flatten(1).norm(dim=1) + 1e-4
        return self.raw / norm.reshape(-1, *[1] * (self.raw.dim() - 1))


class Conv(nn.Module):
    def __init__(self, inputs, outputs, size=3):
        super().__init__()
        self.weight, self.padding = Unit(outputs, inputs, size, size), size // 2

    def forward(self, x, gain=1.0):
        weight = (self.weight() * gain).contiguous(memory_format=torch.channels_last)
        return F.conv2d(x, weight, padding=self.padding)


class Dense(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = Unit(outputs, inputs)

    def forward(self, x, gain=1.0):
        return F.linear(x, self.weight() * gain)


class Block(nn.Module):
    """silu, conv, times 1 + gain * dense(embedding), silu, conv, added to the skip path."""

    def __init__(self, inputs, outputs, embedding):
        super().__init__()
        self.first, self.second = Conv(inputs, outputs), Conv(outputs, outputs)
        self.noise, self.gain = Dense(embedding, outputs), nn.Parameter(torch.zeros(()))
        self.skip = Conv(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, embedding):
        factor = 1 + self.noise(embedding, self.gain)
        y = self.first(silu(x)) * factor[:, :, None, None]
        return weighted_sum(self.skip(x), self.second(silu(y)), BRANCH)


class Level(nn.Module):
    """The blocks of one resolution, on the way down or up."""

    def __init__(self, blocks):
        super().__init__()
        self.blocks = nn.ModuleList(blocks)


class Unet(nn.Module):
    def __init__(self, channels, multipliers=(1, 2, 2), blocks=1, embedding=128, features=64):
        super().__init__()
        self.register_buffer("frequency", 2 * math.pi * torch.randn(features))
        self.register_buffer("phase", 2 * math.pi * torch.rand(features))
        self.noise = Dense(features, embedding)
        self.enter = Conv(2, channels)  # the image and a channel of ones
        widths = [channels * m for m in multipliers]
        kept, now = [channels], channels  # channels of the skips, and of what flows
        down, up = [], []
        for depth, width in enumerate(widths):
            level = []
            for _ in range(blocks):
                level.append(Block(now, width, embedding))
                kept.append(width)
                now = width
            down.append(Level(level))
            if depth + 1 < len(widths):
                kept.append(now)
        self.middle = Block(now, now, embedding)
        for width in reversed(widths):
            level = []
            for _ in range(blocks + 1):
                level.append(Block(now + kept.pop(), width, embedding))
                now = width
            up.append(Level(level))
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(up)
        self.leave, self.gain = Conv(now, 1), nn.Parameter(torch.zeros(()))

    def raw(self, x, noise):
        waves = torch.cos(noise[:, None] * self.frequency + self.phase) * math.sqrt(2)
        embedding = silu(self.noise(waves))
        x = torch.cat((x, torch.ones_like(x[:, :1])), dim=1)
        h = self.enter(x.contiguous(memory_format=torch.channels_last))
        skips = [h]
        for depth, level in enumerate(self.down):
            if depth > 0:
                h = F.avg_pool2d(h, 2)
                skips.append(h)
            for block in level.blocks:
                h = block(h, embedding)
                skips.append(h)
        h = self.middle(h, embedding)
        for depth, level in enumerate(self.up):
            if depth > 0:
                h = F.interpolate(h, scale_factor=2, mode="nearest")
            for block in level.blocks:
                h = block(balanced_cat(h, skips.pop()), embedding)
        return self.leave(h, self.gain)

    def forward(self, x, sigma):
        """x [N, 1, H, W] in model units, sigma [N] -> denoised; the score is (denoised - x) / sigma**2."""
        s = sigma[:, None, None, None]
        total = s**2 + SIGMA_DATA**2
        raw = self.raw(x / total.sqrt(), sigma.log() / 4)
        return SIGMA_DATA**2 / total * x + s * SIGMA_DATA / total.sqrt() * raw


def trainer(net, batch, size):
    """A function that takes one step on a fixed batch with fresh noise."""
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2, betas=(0.9, 0.99))
    clean = SIGMA_DATA * torch.randn(batch, 1, size, size)

    def step():
        sigma = (torch.randn(batch) * 1.2 - 0.8).exp()
        s = sigma[:, None, None, None]
        weight = (s**2 + SIGMA_DATA**2) / (s * SIGMA_DATA) ** 2
        denoised = net(clean + s * torch.randn_like(clean), sigma)
        loss = (weight * (denoised - clean) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def levels(steps):
    """The noise levels of Karras et al. 2022, equation 5, and 0."""
    high, low = SIGMA_MAX ** (1 / RHO), SIGMA_MIN ** (1 / RHO)
    ramp = [i / max(1, steps - 1) for i in range(steps)]
    return [(high + t * (low - high)) ** RHO for t in ramp] + [0.0]


@torch.inference_mode()
def sample(net, batch, size, sigmas):
    """Heun's method on the probability-flow ODE: 2 * steps - 1 evaluations."""

    def slope(x, sigma):
        return (x - net(x, torch.full((batch,), sigma))) / sigma

    x = sigmas[0] * torch.randn(batch, 1, size, size)
    for sigma, after in zip(sigmas, sigmas[1:]):
        d = slope(x, sigma)
        ahead = x + (after - sigma) * d
        x = ahead if after == 0 else x + (after - sigma) / 2 * (d + slope(ahead, after))
    return x


def peak_memory():
    """Bytes of the largest resident set so far."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    except OSError:
        import resource  # not on Windows

        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--batch", type=int, default=64, help="images of a step or a sampling")
    parser.add_argument("--size", type=int, default=28, help="height and width of an image")
    parser.add_argument("--steps", type=int, default=18, help="intervals of the sampler")
    parser.add_argument("--threads", type=int, default=0, help="0: PyTorch's own choice")
    options = parser.parse_args()
    torch.manual_seed(0)
    if options.threads > 0:
        torch.set_num_threads(options.threads)
    net = Unet(options.channels)
    sigmas, step = levels(options.steps), None
    hello = {
        "description": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads",
        "parameters": sum(p.numel() for p in net.parameters()),
    }
    print(json.dumps(hello), flush=True)

    for line in sys.stdin:
        command, *numbers = line.split()
        if command == "memory":
            print(peak_memory(), flush=True)
            continue
        if command == "train" and step is None:
            step = trainer(net, options.batch, options.size)
        began = time.perf_counter()
        for _ in range(int(numbers[0])):
            if command == "train":
                step()
            elif command == "sample":
                sample(net, options.batch, options.size, sigmas)
            else:
                sys.exit(f"unknown command: {command} (known: train, sample, memory)")
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
