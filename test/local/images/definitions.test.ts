import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { baseReference } from "../../../local/images/base";
import { groupsOf, imageGroups, programImages, systemImages } from "../../../local/images/definitions";

describe("the images of the project", () => {
  const images = programImages(imageGroups);

  test("are the autoscaler, the batch controller and the thumbnail worker, with programs that exist", () => {
    expect(programImages().map(({ name }) => name)).toEqual(["autoscaler", "batch-controller", "thumbnail"]);
    for (const { entry } of programImages()) expect(existsSync(entry!)).toBe(true);
  });

  test("are those of the metrics too, where they are wanted", () => {
    const ofMetrics = images.filter(({ group }) => group === "metrics");
    expect(ofMetrics.map(({ name }) => name)).toEqual(["metrics-server", "podinfo", "prometheus", "prometheus-adapter"]);
    for (const { folder, tools = [] } of ofMetrics) {
      const dockerfile = readFileSync(join(folder, "Dockerfile"), "utf8");
      expect(
        [...dockerfile.matchAll(/dist\/([a-z-]+)(?= )/g)].map(([, name]) => name).filter((name) => !tools.includes(name as never)),
      ).toEqual([]);
      for (const tool of tools) expect(dockerfile).toMatch(new RegExp(`^COPY .*dist/${tool} `, "m"));
    }
  });

  test("are those of KEDA too, where they are wanted: its operator alone, or what ScaledObjects need", () => {
    const namesOf = (...groups: ("keda" | "keda-scaled-objects")[]) =>
      programImages(groups).flatMap(({ name, group }) => (group === undefined ? [] : [name]));
    expect(namesOf("keda")).toEqual(["keda-operator"]);
    expect(namesOf("keda", "keda-scaled-objects")).toEqual(["keda-adapter", "keda-operator", "keda-webhooks"]);
  });

  test("are the workers of queues, where the local cloud has both KEDA and a database", () => {
    const groups = (keda: "off" | "scaled-jobs", database: "on" | "off") =>
      groupsOf({ metrics: "off", keda, database, java: "off", karpenter: "off" });
    expect(groups("scaled-jobs", "on")).toEqual(["keda", "database", "queue"]);
    expect([groups("off", "on"), groups("scaled-jobs", "off")]).toEqual([["database"], ["keda"]]);
  });

  test("are the Java programs too, where they are wanted; they share the layer of their runtime", () => {
    const ofJava = images.filter(({ group }) => group === "queue-java");
    expect(ofJava.map(({ name, maven }) => [name, maven])).toEqual([
      ["kafka", true],
      ["spring-batch", true],
    ]);
    const steps = ofJava.map(({ folder }) => /^RUN [^]*?[^\\]$/m.exec(readFileSync(join(folder, "Dockerfile"), "utf8"))?.[0]);
    expect(steps[0]).toContain("openjdk-21-jre-headless");
    expect(new Set(steps).size).toBe(1);
  });

  test.each([...images, ...systemImages])("$name starts from the Debian base and does not run as root", ({ folder }) => {
    const dockerfile = readFileSync(join(folder, "Dockerfile"), "utf8");
    expect(dockerfile).toContain(`FROM ${baseReference}\n`);
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(dockerfile).toMatch(/^ENTRYPOINT \[/m);
  });

  test.each([...images, ...systemImages.filter(({ tools }) => tools)])("$name is built from what its image.json names alone", (image) => {
    const { folder, entry, tools, maven, files = [] } = image;
    const wanted = [...(entry || tools || maven || files.length === 0 ? ["dist"] : []), ...files];
    expect(readFileSync(join(folder, ".dockerignore"), "utf8")).toBe(`*\n${wanted.map((name) => `!${name}\n`).join("")}`);
  });

  test("share their first layer", () => {
    const steps = programImages().map(({ folder }) => /^RUN [^]*?[^\\]$/m.exec(readFileSync(join(folder, "Dockerfile"), "utf8"))?.[0]);
    expect(steps[0]).toContain("nodejs");
    expect(new Set(steps).size).toBe(1);
  });
});

describe("image.json", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "images-test-"));
    mkdirSync(join(root, "images", "worker"), { recursive: true });
    writeFileSync(join(root, "images", "worker", "Dockerfile"), "FROM scratch\n");
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const manifest = (text: string) => writeFileSync(join(root, "images", "worker", "image.json"), text);

  test("names the entry point, relative to the image's folder", () => {
    manifest('{ "entry": "../main.ts" }');
    writeFileSync(join(root, "images", "main.ts"), "");
    expect(programImages([], root)).toEqual([
      { name: "worker", folder: join(root, "images", "worker"), entry: join(root, "images", "main.ts") },
    ]);
  });

  test("must be there", () => expect(() => programImages([], root)).toThrow(/image\.json is missing: it names the program's entry point/));

  test("must name a file that is there", () => {
    manifest('{ "entry": "src/main.ts" }');
    expect(() => programImages([], root)).toThrow(/entry \("src\/main\.ts"\) must name a file, but there is no .*worker\/src\/main\.ts/);
  });

  test("must not have other keys", () => {
    manifest('{ "entry": "a.ts", "entrypoint": 1 }');
    expect(() => programImages([], root)).toThrow(/image\.json is not valid[^]*entrypoint/);
  });
});
