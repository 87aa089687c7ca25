# digits.samples[0], by plain torch and diffusers. Run it in the writeup's folder.
import torch
from diffusers import DDPMScheduler
from PIL import Image
from safetensors.torch import load_file
# The assignment's UNet, which diffusers has no class for.
from fwd_report.training.unet import NO_CLASS, unet_of

unet = unet_of({'conditioning': 'class', 'hidden': 4, 'class_input': 'one_hot', 'modulation': 'multiply', 'normalise': False, 'sigma': 0.5}).eval()
unet.load_state_dict(load_file(".fwd-report/store/KEY of digits.unet[0]/epoch-001.safetensors"))
generator = torch.Generator("cpu").manual_seed(7)

@torch.no_grad()
def ask(x, t, digit):
    label = torch.tensor([NO_CLASS if digit is None else digit])
    return unet(x, torch.tensor([float((t + 1) / 300)]), label)

def estimate(x, t):
    conditional, unconditional = ask(x, t, 0), ask(x, t, None)
    return unconditional + 5.0 * (conditional - unconditional)

x = torch.randn(1, 1, 28, 28, generator=generator)
scheduler = DDPMScheduler(
    300, beta_start=1e-4, beta_end=0.02, variance_type="fixed_large", clip_sample=False
)
scheduler.set_timesteps(timesteps=list(range(299, -1, -1)))
for t in scheduler.timesteps.tolist():
    x = scheduler.step(estimate(x, t), t, x, generator=generator).prev_sample

levels = (x[0].clamp(0, 1) * 255).round().to(torch.uint8)
Image.fromarray(levels[0].numpy()).save("digits.samples-0.png")
