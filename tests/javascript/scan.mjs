// What jsQR, which reads the frames of a camera, reads in pictures: a JSON list of
// {width, height, pixels} on standard input, the pixels as RGBA in base64, and a list of the
// texts that it found, or null, on standard output.
import { readFileSync } from "node:fs";
import jsQR from "jsqr";

const scan = ({ width, height, pixels }) =>
  jsQR(new Uint8ClampedArray(Buffer.from(pixels, "base64")), width, height)?.data ?? null;

const pictures = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(pictures.map(scan)));
