import { brokenImage } from "../../../local/images/buildah";
import { ExecError } from "../../../local/lib/exec";

const id = "4a2dc3411fb5c899a87657af893b5d43fec6bbef8ab9d5dae50a645cb074b1b5";
const failed = (stderr: string) => new ExecError("/usr/bin/setpriv", 125, "", stderr);

test("an image that a killed build has left without its manifest is found in buildah's words", () => {
  const words = `Error: locating item named "manifest" for image with ID "${id}" (consider removing the image to resolve the issue): file does not exist\n`;
  expect(brokenImage(failed(words))).toBe(id);
});

test.each([failed("Error: no such image"), new Error(id)])("any other fault is no such image: %s", (error) => {
  expect(brokenImage(error)).toBeUndefined();
});
