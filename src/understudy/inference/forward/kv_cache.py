"""Keys and values of many rows: one slot per row, behind transformers' cache interface.

Dimensions: S slots, H key/value heads, P positions, D head size, T tokens of this forward.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import Cache

_POSITIONS_STEP = 64
"""Storage grows by so many positions: it is copied then, but attention may read all of it."""


class SlotCache(Cache):
    """A cache whose rows stand at different positions, each in a slot of its own.

    A forward runs tokens of many rows side by side in one packed row; `begin` says before it to
    which slot and position each of them belongs.
    """

    def __init__(self, *, byte_limit: int) -> None:
        super().__init__(layers=[])
        self._byte_limit = byte_limit
        self._keys_SHPD: dict[int, Tensor] = {}
        self._values_SHPD: dict[int, Tensor] = {}
        self._slots = 0
        self.positions = 0
        """Positions of every slot's storage."""
        self.bytes_per_position = 0
        """What one token of one row takes in memory; known after the first forward."""
        self._slots_T = torch.zeros(0, dtype=torch.long)
        self._positions_T = torch.zeros(0, dtype=torch.long)

    @property
    def largest_row(self) -> int:
        """Positions that one row can have within the memory; known after the first forward."""
        most = self._byte_limit // max(1, self.bytes_per_position)
        return most - most % _positions_step(most)

    def has_room(self, slots: int, positions: int) -> bool:
        """Say whether so many slots of so many positions stay within the memory."""
        return self._is_within_limit(_rounded_slots(slots), _rounded_positions(positions))

    def reserve(self, slots: int, positions: int) -> None:
        """Make room for so many slots of so many positions; what they hold stays."""
        new_slots, new_positions = _rounded_slots(slots), _rounded_positions(positions)
        roomy_slots, roomy_positions = max(new_slots, self._slots), new_positions
        if self.positions < 2 * new_positions:
            roomy_positions = max(new_positions, self.positions)
        # Keep what there is, for the next rows; shrink only where it would burst the limit, or
        # where attention would read more than twice what it needs.
        if self._is_within_limit(roomy_slots, roomy_positions):
            new_slots, new_positions = roomy_slots, roomy_positions
        self._slots, self.positions = new_slots, new_positions
        for kept in (self._keys_SHPD, self._values_SHPD):
            for layer, old_SHPD in kept.items():
                kept[layer] = _resized(old_SHPD, new_slots, new_positions)

    def clear(self) -> None:
        """Give the storage of all slots back."""
        self._slots, self.positions = 0, 0
        for kept in (self._keys_SHPD, self._values_SHPD):
            for layer, old_SHPD in kept.items():
                kept[layer] = old_SHPD.new_zeros(0, old_SHPD.shape[1], 0, old_SHPD.shape[3])

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` positions of one slot over another slot."""
        for kept_SHPD in self._storages():
            kept_SHPD[target, :, :length] = kept_SHPD[source, :, :length]

    def taken(self, slot: int, length: int) -> list[Tensor]:
        """Return copies of a slot's first positions, [H, P, D] for each layer's keys and values."""
        return [kept_SHPD[slot, :, :length].clone() for kept_SHPD in self._storages()]

    def put(self, slot: int, states: Sequence[Tensor], length: int) -> None:
        """Write the first positions of what `taken` returned into a slot."""
        for kept_SHPD, state_HPD in zip(self._storages(), states, strict=True):
            kept_SHPD[slot, :, :length] = state_HPD[:, :length]

    def erase(self, slot: int) -> None:
        """Write zeros over a slot."""
        for kept_SHPD in self._storages():
            kept_SHPD[slot] = 0

    def begin(self, slots_T: Tensor, positions_T: Tensor) -> None:
        """Say where the tokens of the next forward are to be stored."""
        self._slots_T, self._positions_T = slots_T, positions_T

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Store keys and values [1, H, T, D] and return the storage of all slots [S, H, P, D]."""
        if layer_idx not in self._keys_SHPD:
            self._keys_SHPD[layer_idx] = self._storage_for(key_states)
            self._values_SHPD[layer_idx] = self._storage_for(value_states)
            for new_1HTD in (key_states, value_states):
                _, heads, _, size = new_1HTD.shape
                self.bytes_per_position += heads * size * new_1HTD.element_size()
        keys_SHPD, values_SHPD = self._keys_SHPD[layer_idx], self._values_SHPD[layer_idx]
        keys_SHPD[self._slots_T, :, self._positions_T] = key_states[0].transpose(0, 1)
        values_SHPD[self._slots_T, :, self._positions_T] = value_states[0].transpose(0, 1)
        return keys_SHPD, values_SHPD

    @property
    def bytes(self) -> int:
        """What the storage takes in memory."""
        return self._slots * self.positions * self.bytes_per_position

    def _storages(self) -> list[Tensor]:
        return [*self._keys_SHPD.values(), *self._values_SHPD.values()]

    def _is_within_limit(self, slots: int, positions: int) -> bool:
        return slots * positions * self.bytes_per_position <= self._byte_limit

    def _storage_for(self, new_1HTD: Tensor) -> Tensor:
        _, heads, _, size = new_1HTD.shape
        # Zeros, not empty: a masked position still takes part in the product, and NaN survives it.
        return new_1HTD.new_zeros(self._slots, heads, self.positions, size)


def _rounded_slots(count: int) -> int:
    """Return the next power of two, so that storage that grows is rarely copied."""
    return 1 << (count - 1).bit_length()


def _rounded_positions(count: int) -> int:
    step = _positions_step(count)
    return -(-count // step) * step


def _positions_step(count: int) -> int:
    """Return what `count` positions are rounded to: an eighth of them, if that is more."""
    return max(_POSITIONS_STEP, 1 << max(0, count.bit_length() - 4))


def _resized(old_SHPD: Tensor, slots: int, positions: int) -> Tensor:
    if old_SHPD.shape[0] == slots and old_SHPD.shape[2] == positions:
        return old_SHPD
    new_SHPD = old_SHPD.new_zeros(slots, old_SHPD.shape[1], positions, old_SHPD.shape[3])
    kept_slots, kept_positions = min(slots, old_SHPD.shape[0]), min(positions, old_SHPD.shape[2])
    new_SHPD[:kept_slots, :, :kept_positions] = old_SHPD[:kept_slots, :, :kept_positions]
    return new_SHPD
