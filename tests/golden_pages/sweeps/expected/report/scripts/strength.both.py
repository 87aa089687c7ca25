# strength.both[0], by plain torch and diffusers. Run it in the writeup's folder.
import torch
from diffusers import DDPMScheduler
from PIL import Image
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
timesteps = [*range(900, -1, -100), -1]
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
    return ask(x, t, "")

def estimate(x, t):
    return guided(x, t, "a rocket ship")

x = draw()
for t, t_next in zip(timesteps, timesteps[1:]):
    output = torch.cat(estimate(x, t), dim=1)
    x = scheduler.step(output, t, x, generator=generator).prev_sample

levels = (((x[0] + 1) / 2).clamp(0, 1) * 255).round().to(torch.uint8)
Image.fromarray(levels.permute(1, 2, 0).numpy()).save("strength.both-0.png")
