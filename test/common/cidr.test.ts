import { addressAt, formatRange, overlap, parseAddress, parseRange, subrange } from "../../common/cidr";

describe("IPv4 ranges", () => {
  test("are read with their host bits ignored, a single address as a range of one", () => {
    expect(formatRange(parseRange("10.250.0.17/24"))).toBe("10.250.0.0/24");
    expect(parseRange("192.0.2.7")).toEqual({ first: parseAddress("192.0.2.7"), last: parseAddress("192.0.2.7"), prefix: 32 });
    expect(parseRange("0.0.0.0/0").last).toBe(parseAddress("255.255.255.255"));
  });

  test.each(["10.0.0.256/8", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/x", "", "a.b.c.d"])("%j is refused", (text) => {
    expect(() => parseRange(text)).toThrow(RangeError);
  });

  test.each([
    ["10.0.0.0/8", "10.250.0.0/24", true],
    ["10.250.0.0/24", "10.0.0.0/8", true],
    ["10.250.0.0/24", "10.250.1.0/24", false],
    ["10.250.0.0/24", "10.250.0.255", true],
    ["192.168.0.0/16", "192.169.0.0/16", false],
  ])("%s and %s overlap: %s", (a, b, expected) => {
    expect(overlap(parseRange(a), parseRange(b))).toBe(expected);
  });

  test("have numbered parts and addresses, and none beyond their end", () => {
    const pods = parseRange("10.244.0.0/16");
    expect(formatRange(subrange(pods, 24, 255))).toBe("10.244.255.0/24");
    expect(() => subrange(pods, 24, 256)).toThrow("no range 256 of /24 in 10.244.0.0/16");
    expect(addressAt(parseRange("10.250.0.0/30"), 3)).toBe("10.250.0.3");
    expect(() => addressAt(parseRange("10.250.0.0/30"), 4)).toThrow(RangeError);
  });
});
