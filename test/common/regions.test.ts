import { regionFacts, standardRegions, storageEndpoint } from "../../common/regions";

describe("the Object Storage region beside a compute region", () => {
  it.each([
    ["GRA11", "GRA", "https://s3.gra.io.cloud.ovh.net"],
    ["RBX-A", "RBX", "https://s3.rbx.io.cloud.ovh.net"],
    ["SBG5", "SBG", "https://s3.sbg.io.cloud.ovh.net"],
    ["EU-WEST-PAR", "EU-WEST-PAR", "https://s3.eu-west-par.io.cloud.ovh.net"],
    ["EU-SOUTH-MIL", "EU-SOUTH-MIL", "https://s3.eu-south-mil.io.cloud.ovh.net"],
    ["DE1", "DE", "https://s3.de.io.cloud.ovh.net"],
    ["UK1", "UK", "https://s3.uk.io.cloud.ovh.net"],
    ["WAW1", "WAW", "https://s3.waw.io.cloud.ovh.net"],
    ["BHS5", "BHS", "https://s3.bhs.io.cloud.ovh.net"],
    ["CA-EAST-TOR", "CA-EAST-TOR", "https://s3.ca-east-tor.io.cloud.ovh.net"],
    ["SGP1", "SGP", "https://s3.sgp.io.cloud.ovh.net"],
    ["SYD1", "AP-SOUTHEAST-SYD", "https://s3.ap-southeast-syd.io.cloud.ovh.net"],
    ["AP-SOUTH-MUM-1", "AP-SOUTH-MUM", "https://s3.ap-south-mum.io.cloud.ovh.net"],
    ["US-EAST-VA-1", "US-EAST-VA", "https://s3.us-east-va.io.cloud.ovh.us"],
    ["US-WEST-OR-1", "US-WEST-OR", "https://s3.us-west-or.io.cloud.ovh.us"],
  ])("of %s is %s, at %s", (region, storage, endpoint) => {
    expect(regionFacts(region)?.storage).toBe(storage);
    expect(storageEndpoint(storage)).toBe(endpoint);
  });

  it("is not guessed for a region that is not known", () => {
    expect(regionFacts("EU-NORTH-HEL")).toBeUndefined();
  });
});

it("has three zones in Paris and Milan, and none to choose from elsewhere", () => {
  expect(regionFacts("EU-WEST-PAR")?.zones).toEqual(["eu-west-par-a", "eu-west-par-b", "eu-west-par-c"]);
  expect(regionFacts("EU-SOUTH-MIL")?.zones).toEqual(["eu-south-mil-a", "eu-south-mil-b", "eu-south-mil-c"]);
  expect(regionFacts("GRA11")?.zones).toEqual([]);
});

it("has the plan Standard in Paris, Milan, Roubaix and Mumbai only", () => {
  for (const region of standardRegions) expect(regionFacts(region)?.plans).toEqual(["free", "standard"]);
  for (const region of ["GRA11", "SBG5", "DE1", "BHS5", "SGP1", "US-EAST-VA-1"]) expect(regionFacts(region)?.plans).toEqual(["free"]);
});
