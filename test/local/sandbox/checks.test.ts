import { rangeFaults } from "../../../local/sandbox/checks";

const defaults = { nodeCidr: "10.250.0.0/24", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" };

test("free ranges have no faults, whatever the default route", () => {
  expect(
    rangeFaults(defaults, [
      { dst: "default", dev: "eth0" },
      { dst: "192.168.1.0/24", dev: "eth0" },
    ]),
  ).toEqual([]);
});

test("a range that the machine routes is named with the route and the fix", () => {
  expect(rangeFaults(defaults, [{ dst: "10.0.0.0/9", dev: "tun0" }])).toEqual([
    "serviceCidr (10.96.0.0/16) overlaps 10.0.0.0/9, which this machine already routes to tun0: give serviceCidr another range.",
  ]);
  expect(rangeFaults(defaults, [{ dst: "10.250.0.9" }])[0]).toContain("nodeCidr (10.250.0.0/24) overlaps 10.250.0.9");
});

test("ranges that overlap each other, are too small or are none are all reported at once", () => {
  const faults = rangeFaults({ nodeCidr: "10.244.3.0/25", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/99" }, []);
  expect(faults).toEqual([
    "nodeCidr (10.244.3.0/25) is too small: it must be a /24 or larger.",
    "serviceCidr (10.96.0.0/99) is not an IPv4 range such as 10.250.0.0/24.",
    "nodeCidr (10.244.3.0/25) overlaps podCidr (10.244.0.0/16): give one of them another range.",
  ]);
});
