// Pages read without any of this; it lets a reader turn, compare, step back and scrub.
import { flip } from "./flip.js";
import { distance } from "./distance.js";
import { returnFocus } from "./lightbox.js";
import { pause } from "./pause.js";
import { scrubber } from "./scrubber.js";
import { slider } from "./slider.js";

for (const element of document.querySelectorAll(".fwd-flip")) flip(element);
for (const element of document.querySelectorAll(".fwd-distance")) distance(element);
for (const element of document.querySelectorAll(".fwd-slider")) slider(element);
for (const element of document.querySelectorAll(".fwd-clips")) pause(element);
for (const element of document.querySelectorAll(".fwd-film[data-sprite]")) scrubber(element);
returnFocus();
