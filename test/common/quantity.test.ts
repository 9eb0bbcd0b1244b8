import { atLeast, bytesFault, formatBytes, isCpu, parseQuantity, readableBytes } from "../../common/quantity";

// From k8s.io/apimachinery 0.34.3: ParseQuantity, then String(), Value() and MilliValue().
test.each<[string, string, number, number]>([
  ["1.4Gi", "1503238553600m", 1503238554, 1503238553600],
  ["0.5", "500m", 1, 500],
  ["1024Mi", "1Gi", 1073741824, 1073741824000],
  ["1000m", "1", 1, 1000],
  ["1", "1", 1, 1000],
  ["0", "0", 0, 0],
  ["0.0", "0", 0, 0],
  ["100", "100", 100, 100000],
  ["1000", "1k", 1000, 1000000],
  ["1e3", "1e3", 1000, 1000000],
  ["12e6", "12e6", 12000000, 12000000000],
  ["1500", "1500", 1500, 1500000],
  ["1.5Gi", "1536Mi", 1610612736, 1610612736000],
  ["1.5", "1500m", 2, 1500],
  ["0.1", "100m", 1, 100],
  ["100m", "100m", 1, 100],
  ["500m", "500m", 1, 500],
  ["512m", "512m", 1, 512],
  ["1.0001Gi", "1073849198182400u", 1073849199, 1073849198183],
  ["1Ki", "1Ki", 1024, 1024000],
  ["1023Ki", "1023Ki", 1047552, 1047552000],
  ["1023", "1023", 1023, 1023000],
  ["1024", "1024", 1024, 1024000],
  ["1024k", "1024k", 1024000, 1024000000],
  ["1n", "1n", 1, 1],
  ["0.1n", "1n", 1, 1],
  ["1u", "1u", 1, 1],
  ["1000n", "1u", 1, 1],
  ["129M", "129M", 129000000, 129000000000],
  ["1.1M", "1100k", 1100000, 1100000000],
  [".5", "500m", 1, 500],
  ["-5", "-5", -5, -5000],
  ["-1.5Gi", "-1536Mi", -1610612736, -1610612736000],
  [".", "0", 0, 0],
  ["1e-3", "1e-3", 1, 1],
  ["1.5e3", "1500", 1500, 1500000],
  ["0.5Ki", "512", 512, 512000],
  ["0.25Ki", "256", 256, 256000],
  ["0.0001Ki", "102400u", 1, 103],
  ["1000Ki", "1000Ki", 1024000, 1024000000],
  ["1000Mi", "1000Mi", 1048576000, 1048576000000],
  ["10240Mi", "10Gi", 10737418240, 10737418240000],
  ["1536Mi", "1536Mi", 1610612736, 1610612736000],
  ["5000", "5k", 5000, 5000000],
  ["5000000", "5M", 5000000, 5000000000],
  ["1.10", "1100m", 2, 1100],
  ["0.00Gi", "0", 0, 0],
  ["2000m", "2", 2, 2000],
  ["1e-10", "1e-9", 1, 1],
  ["3.7G", "3700M", 3700000000, 3700000000000],
  ["1.7976e3", "1797600e-3", 1798, 1797600],
  ["-0", "0", 0, 0],
  ["+0", "0", 0, 0],
])("%p is %p, as the API server has it", (text, canonical, value, milliValue) => {
  const quantity = parseQuantity(text)!;
  expect(String(quantity)).toBe(canonical);
  expect([quantity.value, quantity.milliValue]).toEqual([value, milliValue]);
});

test.each([
  ["2Ei", "2Ei"],
  ["1E", "1E"],
  ["9Ei", "9223372036854775807"],
  ["8Ei", "9223372036854775807"],
  ["10E", "10E"],
  ["100E", "100E"],
  ["1e20", "100e18"],
])("%p is %p, which is more than a float holds", (text, canonical) => {
  expect(String(parseQuantity(text))).toBe(canonical);
});

test.each(["", "1Zi", "1 Gi", " 1", "abc", "1.2.3", "1e", "1ki", "1K", "1mi", "1GiB", "512mb", "0x10", "1_000", "--1", "1Gi "])(
  "%p is no quantity",
  (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  },
);

test("a number is read as its text, and what was read before is not read again", () => {
  expect(String(parseQuantity(2))).toBe("2");
  expect(parseQuantity("750Mi")).toBe(parseQuantity("750Mi"));
});

test("an exponent that no machine could write out is none", () => {
  expect(parseQuantity("1e999999999")).toBeUndefined();
});

test.each([
  [0, "0"],
  [1, "1Mi"],
  [2 ** 30, "1Gi"],
  [1.5 * 2 ** 30, "1536Mi"],
  [1503238554, "1434Mi"],
])("%d bytes are written as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test("amounts are compared exactly, whatever their units", () => {
  expect(atLeast("1503238553600m", "1.4Gi")).toBe(true);
  expect(atLeast("1.4Gi", "1503238553600m")).toBe(true);
  expect(atLeast("255Mi", "256Mi")).toBe(false);
});

test.each([
  ["100m", true],
  ["2", true],
  ["0.5", true],
  ["0", false],
  ["1Gi", false],
  ["two", false],
])("%p as CPUs: %p", (text, is) => expect(isCpu(text)).toBe(is));

describe("memory and disk space", () => {
  test.each(["1Mi", "512Mi", "1.4Gi", "1G", "1503238553600m", "1e9", "1048576"])("%p is some", (text) => {
    expect(bytesFault(text)).toBeUndefined();
  });

  test.each([
    ["512m", "must be at least 1Mi: 512m is 0.512 bytes; did you mean 512Mi?"],
    ["500m", "must be at least 1Mi: 500m is 0.5 bytes; did you mean 500Mi?"],
    ["4", "must be at least 1Mi: 4 is 4 bytes; did you mean 4Gi?"],
    ["1", "must be at least 1Mi: 1 is 1 byte; did you mean 1Gi?"],
    ["512", "must be at least 1Mi: 512 is 512 bytes; did you mean 512Mi?"],
    ["512k", "must be at least 1Mi: 512k is 512000 bytes; did you mean 512Mi?"],
    ["100u", "must be at least 1Mi: 100u is 0.001 bytes"],
    ["512MB", 'must be a positive Kubernetes quantity such as 512Mi or 2Gi, not "512MB"; did you mean 512M?'],
    ["4gi", 'must be a positive Kubernetes quantity such as 512Mi or 2Gi, not "4gi"; did you mean 4Gi?'],
    ["10 GB", 'must be a positive Kubernetes quantity such as 512Mi or 2Gi, not "10 GB"; did you mean 10G?'],
    ["0Mi", 'must be a positive Kubernetes quantity such as 512Mi or 2Gi, not "0Mi"'],
    ["-1Gi", 'must be a positive Kubernetes quantity such as 512Mi or 2Gi, not "-1Gi"'],
    ["much", 'must be a positive Kubernetes quantity such as 512Mi or 2Gi, not "much"'],
  ])("%p is refused", (text, fault) => {
    expect(bytesFault(text)).toBe(fault);
  });
});

test.each([
  ["1503238553600m", "1.4Gi"],
  ["1503238554", "1.4Gi"],
  ["1.4Gi", "1.4Gi"],
  ["1434Mi", "1434Mi"],
  ["16384Mi", "16Gi"],
  ["1500M", "1500M"],
  ["500", "500"],
  ["1e9", "1e9"],
  ["nonsense", "nonsense"],
])("memory %s reads %s", (text, readable) => expect(readableBytes(text)).toBe(readable));
