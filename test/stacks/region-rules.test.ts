import { checkRegion, type Placed } from "../../stacks/region-rules";

/** What is told of these settings, a fault a line. */
function faults(settings: Partial<Placed>): string[] {
  const told: string[] = [];
  checkRegion({ region: "GRA11", plan: "free", hasNetwork: false, zones: { system: [] }, ...settings }, (path, _input, rule) =>
    told.push(`${path.join(".")} ${rule}`),
  );
  return told;
}

const paris = { region: "EU-WEST-PAR", plan: "standard", hasNetwork: true };

it("free in a region with one zone, and standard with a network and zones in Paris, are right", () => {
  expect(faults({})).toEqual([]);
  expect(faults({ ...paris, zones: { system: ["eu-west-par-a"], compute: ["eu-west-par-c"] } })).toEqual([]);
  expect(faults({ region: "RBX-A", plan: "standard", hasNetwork: true })).toEqual([]);
});

it("standard is refused where OVHcloud has free only", () => {
  expect(faults({ plan: "standard", hasNetwork: true })).toEqual([
    "cluster.plan must be free in GRA11; OVHcloud has standard in EU-WEST-PAR, EU-SOUTH-MIL, RBX-A, AP-SOUTH-MUM-1",
  ]);
});

it("every fault of plan, network and zones is told at once", () => {
  expect(faults({ ...paris, hasNetwork: false, zones: { system: [], compute: ["eu-south-mil-a"] } })).toEqual([
    "network must be set for the plan standard (`{}` will do), or cluster.privateNetwork: its nodes have no public address",
    "pools.system.availabilityZones must be set in EU-WEST-PAR: one of eu-west-par-a, eu-west-par-b, eu-west-par-c",
    "pools.compute.availabilityZones must be one of eu-west-par-a, eu-west-par-b, eu-west-par-c",
  ]);
});

it("a zone is refused where there is only one", () => {
  expect(faults({ zones: { system: ["nova"] } })).toEqual(["pools.system.availabilityZones must not be set in GRA11, which has one zone"]);
});

it("of a region that is not known, only the Object Storage region is asked for", () => {
  const asked = "storage.region must be set: the Object Storage region beside EU-NORTH-HEL is not known to this program";
  expect(faults({ region: "EU-NORTH-HEL" })).toEqual([asked]);
  expect(faults({ region: "EU-NORTH-HEL", storageRegion: "EU-NORTH-HEL", zones: { system: ["eu-north-hel-a"] } })).toEqual([]);
  expect(faults({ region: "EU-NORTH-HEL", storageEndpoint: "https://s3.example.com" })).toEqual([]);
});

it("what is no region's name is left to its own fault", () => {
  expect(faults({ region: "gra 11" })).toEqual([]);
  expect(faults({ region: undefined })).toEqual([]);
});
