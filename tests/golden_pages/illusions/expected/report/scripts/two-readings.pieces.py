# two-readings.pieces[0], by plain torch and diffusers. Run it in the writeup's folder.
import torch
from diffusers import DDPMScheduler
from PIL import Image
from torch import Tensor
from transformers import AutoTokenizer, T5EncoderModel
# This model's UNet looks at patches of pixels; diffusers has no class for that.
from fwd_report.models import patched_unet

from pathlib import Path

folder = Path(patched_unet.__file__).parent / "emoji-if" / "stage_1"
tokenizer = AutoTokenizer.from_pretrained(folder, subfolder="tokenizer")
encoder = T5EncoderModel.from_pretrained(folder, subfolder="text_encoder").float()
unet = patched_unet.PatchedUNet2DConditionModel.from_pretrained(folder, subfolder="unet").float().eval()
scheduler = DDPMScheduler.from_pretrained(
    folder, subfolder="scheduler", variance_type="learned_range", clip_sample=False,
    thresholding=False,
)
size, seed = unet.config.sample_size, 7
generator = torch.Generator("cpu").manual_seed(seed)
timesteps = list(range(990, -1, -30))
scheduler.set_timesteps(timesteps=[t for t in timesteps if t >= 0])

def draw():
    return torch.randn(1, 3, size, size, generator=generator)

@torch.no_grad()
def ask(x, t, prompt):
    tokens = tokenizer(
        [prompt.lower().strip()], padding="max_length", max_length=77, truncation=True,
        return_tensors="pt",
    )
    text = encoder(tokens.input_ids, attention_mask=tokens.attention_mask)[0]
    return unet(x, t, text).sample.split(3, dim=1)

def guided(x, t, prompt):
    (eps, variance), (eps_u, _) = ask(x, t, prompt), ask(x, t, "")
    return eps_u + 7.0 * (eps - eps_u), variance

PIECES = 4

TAB_RADIUS, TAB_REACH = 0.2, 0.1

def _pieces(size: int) -> Tensor:
    """The number of the piece that owns each pixel, (size, size); quarter turns permute the
    pieces.
    """
    if size % PIECES:
        raise ValueError(f"a jigsaw of {PIECES} pieces a side needs a size it divides, not {size}")
    side = size // PIECES
    cells = torch.arange(PIECES**2).reshape(PIECES, PIECES)
    square = cells.repeat_interleave(side, 0).repeat_interleave(side, 1)
    owner = square.clone()
    cut: set[frozenset[int]] = set()
    for i in range(PIECES):
        for j in range(PIECES):
            for below, right in ((1, 0), (0, 1)):
                if i + below == PIECES or j + right == PIECES:
                    continue
                first, second = PIECES * i + j, PIECES * (i + below) + j + right
                if frozenset((first, second)) in cut:
                    continue
                giver, taker = (first, second) if (i + j) % 2 else (second, first)
                tab = _tab(size, giver, taker)
                for turns in range(4):
                    turned_giver, turned_taker = _orbit(giver)[turns], _orbit(taker)[turns]
                    owner[tab.rot90(turns) & (square == turned_taker)] = turned_giver
                    cut.add(frozenset((turned_giver, turned_taker)))
    return owner

def _tab(size: int, giver: int, taker: int) -> Tensor:
    """The pixels of a disc on the edge between two neighbours, which extends into the second."""
    side = size / PIECES
    giver_y, giver_x = divmod(giver, PIECES)
    taker_y, taker_x = divmod(taker, PIECES)
    middle_y = ((giver_y + taker_y + 1) / 2 + TAB_REACH * (taker_y - giver_y)) * side - 0.5
    middle_x = ((giver_x + taker_x + 1) / 2 + TAB_REACH * (taker_x - giver_x)) * side - 0.5
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return (y - middle_y) ** 2 + (x - middle_x) ** 2 <= (TAB_RADIUS * side) ** 2

def _orbit(piece: int) -> list[int]:
    """The positions to which 0, 1, 2 and 3 quarter turns move a piece."""
    cells = torch.arange(PIECES**2).reshape(PIECES, PIECES)
    return [cells.rot90(turns).flatten().tolist().index(piece) for turns in range(4)]

def jigsaw_order(size: int, seed: int) -> Tensor:
    """Which pixel each place of the rearranged puzzle shows: (size²,), a permutation.

    seed: decides which piece goes where. Raises ValueError unless size is divisible by 4.
    """
    owner = _pieces(size).flatten()
    pixels = torch.arange(size * size).reshape(size, size)
    order = pixels.flatten().clone()
    generator = torch.Generator().manual_seed(seed)
    orbits = {tuple(sorted(orbit)): orbit for piece in range(PIECES**2) if (orbit := _orbit(piece))}
    for orbit in orbits.values():
        for source, target in enumerate(torch.randperm(4, generator=generator).tolist()):
            places = owner == orbit[target]
            order[places] = pixels.rot90(target - source).flatten()[places]
    return order

order = jigsaw_order(size, 3)  # which pixel each place of the view shows

def view(x):
    return x.flatten(-2)[..., order].reshape(x.shape)

def back(x):
    return x.flatten(-2)[..., order.argsort()].reshape(x.shape)

unsigned_back = back

def estimate(x, t):
    eps_1, variance_1 = guided(x, t, "a photo of a dog")
    eps_2, variance_2 = guided(view(x), t, "a photo of an owl")
    return (eps_1 + back(eps_2)) / 2, (variance_1 + unsigned_back(variance_2)) / 2

x = draw()
for t, t_next in zip(timesteps, timesteps[1:]):
    output = torch.cat(estimate(x, t), dim=1)
    x = scheduler.step(output, t, x, generator=generator).prev_sample

levels = (((x[0] + 1) / 2).clamp(0, 1) * 255).round().to(torch.uint8)
Image.fromarray(levels.permute(1, 2, 0).numpy()).save("two-readings.pieces-0.png")
