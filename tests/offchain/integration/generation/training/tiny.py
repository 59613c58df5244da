"""A real model that learns in a moment, and a process that trains it: `tiny FOLDER STEPS SAVE_EVERY`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from offchain.generation.training.loop import train


class Tiny:
    """A line fitted to noise by Adam, with noise of its own in every step."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        torch.manual_seed(seed)
        self._network = torch.nn.Linear(8, 1)
        self._optimiser = torch.optim.Adam(self._network.parameters(), lr=0.05)

    def step(self, number: int) -> Mapping[str, float]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + number)
        seen = torch.randn(16, 8, generator=generator)
        loss = (self._network(seen).squeeze(1) - seen.sum(1)).square().mean()
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        return {"error": float(loss.detach())}

    def state(self) -> dict[str, Tensor]:
        state = {f"network.{name}": tensor for name, tensor in self._network.state_dict().items()}
        for number, moments in self._optimiser.state_dict()["state"].items():
            state |= {f"optimiser.{number}.{name}": tensor for name, tensor in moments.items()}
        return state

    def restore(self, state: Mapping[str, Tensor]) -> None:
        parts = {name.removeprefix("network."): tensor for name, tensor in state.items() if name[0] == "n"}
        self._network.load_state_dict(parts)
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in state.items():
            if name[0] == "o":
                _, number, which = name.split(".")
                moments.setdefault(int(number), {})[which] = tensor
        self._optimiser.load_state_dict(self._optimiser.state_dict() | {"state": moments})

    def shipped(self) -> dict[str, Tensor]:
        return {name: tensor.half() for name, tensor in self._network.state_dict().items()}

    def evaluate(self) -> Mapping[str, float]:
        return {"distance": float((self._network.weight.detach() - 1).abs().max())}


def main() -> None:
    torch.set_num_threads(1)
    folder, steps, save_every = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    train(Tiny(3), folder, steps=steps, save_every=save_every, report=lambda done, *_: print(done, flush=True))


if __name__ == "__main__":
    main()
