import { accepts, atLeast, parseVersion } from "../../../local/tools/version";

describe("the version that a command reports", () => {
  test.each([
    ["Kubernetes v1.34.3", [1, 34, 3]],
    ["Client Version: v1.34.3\nKustomize Version: v5.7.1", [1, 34, 3]],
    ["containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", [1, 6, 20]],
    ["CoreDNS-1.14.2\nlinux/amd64, go1.26.8, ", [1, 14, 2]],
    ["Version  : v1.8.0\nBuild    : norev", [1, 8, 0]],
    ["unshare from util-linux 2.38", [2, 38, 0]],
    ["no version", undefined],
  ])("%j", (text, version) => expect(parseVersion(text)).toEqual(version));
});

describe("a version other than the pinned one", () => {
  test.each([
    ["minor", [1, 34, 9], true],
    ["minor", [1, 34, 0], true],
    ["minor", [1, 35, 0], false],
    ["minor", [1, 33, 9], false],
    ["minor", [2, 34, 3], false],
    ["major", [1, 35, 0], true],
    ["major", [1, 34, 2], false],
    ["major", [2, 40, 0], false],
  ] as const)("with tolerance %s: %j → %s", (tolerance, found, expected) => expect(accepts(found, [1, 34, 3], tolerance)).toBe(expected));

  test.each([
    [[1, 6, 0], true],
    [[2, 0, 0], true],
    [[1, 10, 0], true],
    [[1, 5, 18], false],
  ] as const)("is %j at least 1.6.0 → %s", (found, expected) => expect(atLeast(found, [1, 6, 0])).toBe(expected));
});
