"""The assignment's deliverables, by the numbers that `covers` names."""

PART_A = {
    "0": "setup: three prompts at two or more step counts, both stages, the seed",
    "1.1": "the forward process at t = 250, 500, 750",
    "1.2": "classical denoising by Gaussian blur",
    "1.3": "one-step denoising",
    "1.4": "iterative denoising",
    "1.5": "five samples",
    "1.6": "five samples with classifier-free guidance",
    "1.7": "image-to-image: SDEdit on three images",
    "1.7.1": "a web image and two hand-drawn images",
    "1.7.2": "inpainting three images",
    "1.7.3": "text-conditional image-to-image, three times",
    "1.8": "two visual anagrams, both orientations",
    "1.9": "two hybrid images, near and far",
}
PART_B = {
    "B1.1": "the denoising UNet",
    "B1.2": "noised digits and the trained denoiser",
    "B1.2.1": "its training curve, its results after epochs 1 and 5",
    "B1.2.2": "out-of-distribution noise",
    "B1.2.3": "denoising pure noise",
    "B2.1": "the time-conditioned UNet",
    "B2.2": "its training curve",
    "B2.3": "its samples by epoch",
    "B2.4": "the class-conditioned UNet",
    "B2.5": "its training curve",
    "B2.6": "its samples by epoch, with guidance",
}
DELIVERABLES = PART_A | PART_B
