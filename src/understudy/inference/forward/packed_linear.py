"""Linear layers with their weights in the order in which the processor reads them."""

from typing import cast

import torch
from torch import Tensor, nn

# The packing depends on it a little; a batch of other size is computed just as well.
_TYPICAL_TOKENS = 32


class PackedLinear(nn.Module):
    """A frozen linear layer in the layout of the processor's matrix library.

    The plain layer's product puts its weight into that layout anew at every call; for few tokens
    that is most of the work.
    """

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = plain.in_features, plain.out_features
        self._packed_OI: Tensor = torch.ops.mkldnn._reorder_linear_weight(
            plain.weight.detach(), _TYPICAL_TOKENS
        )
        # The annotation of nn.Linear does not know layers without a bias.
        bias_O = cast(Tensor | None, plain.bias)
        self._bias_O = None if bias_O is None else bias_O.detach()

    @property
    def nbytes(self) -> int:
        """What the layer's weights take in memory, the layout's own padding not counted."""
        held = [self._packed_OI] if self._bias_O is None else [self._packed_OI, self._bias_O]
        return sum(tensor.numel() * tensor.element_size() for tensor in held)

    @property
    def weight(self) -> Tensor:
        """The weight as the plain layer has it, put back in order at every call."""
        return self._packed_OI.to_dense()

    def forward(self, x: Tensor) -> Tensor:
        """Return what the plain layer returns."""
        product = torch.ops.mkldnn._linear_pointwise(
            x, self._packed_OI, self._bias_O, "none", [], ""
        )
        return cast(Tensor, product)

    def unpacked(self) -> nn.Linear:
        """Return the plain layer again."""
        plain = nn.Linear(self.in_features, self.out_features, bias=False, device="meta")
        plain.weight = nn.Parameter(self.weight, requires_grad=False)
        if self._bias_O is not None:
            plain.bias = nn.Parameter(self._bias_O, requires_grad=False)
        return plain


def can_pack(model: nn.Module) -> bool:
    """Say whether this processor's library has such a layout for the model's number format."""
    weight = next(model.parameters())
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    if weight.dtype == torch.bfloat16:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return weight.dtype == torch.float32


def pack_linear_layers(model: nn.Module) -> None:
    """Put a packed layer in the place of every linear layer; a head's tied embedding stays."""
    for name, layer in list(model.named_modules()):
        # Exactly that class: another one may compute something else.
        if type(layer) is nn.Linear:
            _replace(model, name, PackedLinear(layer))


def unpack_linear_layers(model: nn.Module) -> None:
    """Undo `pack_linear_layers`."""
    for name, layer in list(model.named_modules()):
        if isinstance(layer, PackedLinear):
            _replace(model, name, layer.unpacked())


def has_packed_layers(model: nn.Module) -> bool:
    """Say whether a model's linear layers are packed."""
    return any(isinstance(layer, PackedLinear) for layer in model.modules())


def bytes_in_memory(model: nn.Module) -> int:
    """Return what a model's weights take, tied ones counted once for each copy that is held.

    A head that is packed has its own copy of the embedding it is tied to.
    """
    plain = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    packed = (layer.nbytes for layer in model.modules() if isinstance(layer, PackedLinear))
    return sum(tensor.nbytes for tensor in plain.values()) + sum(packed)


def _replace(model: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(parent), leaf, layer)
