import { findHierarchies } from "../../../local/sandbox/cgroups";

const line = (folder: string, type: string, options: string): string =>
  `30 20 0:26 / ${folder} rw,relatime shared:9 - ${type} ${type} ${options}`;
const none = (): string => "";

describe("the cgroup hierarchies of a machine", () => {
  test("v2: one, with the controllers that it names", () => {
    const mounts = [line("/sys/fs/cgroup", "cgroup2", "rw,nsdelegate"), line("/sys", "sysfs", "rw")].join("\n");
    const read = (folder: string): string => (folder === "/sys/fs/cgroup" ? "cpuset cpu io memory hugetlb pids\n" : "");
    expect(findHierarchies(mounts, read)).toEqual({ version: 2, folders: ["/sys/fs/cgroup"], missing: [] });
  });

  test("v2 without the memory controller lacks it", () => {
    expect(findHierarchies(line("/sys/fs/cgroup", "cgroup2", "rw"), () => "cpuset cpu pids").missing).toEqual(["memory"]);
  });

  test("v1: one for each controller, some of them together, and systemd's and the hybrid one beside them", () => {
    const mounts = [
      line("/sys/fs/cgroup", "tmpfs", "rw"),
      line("/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct"),
      line("/sys/fs/cgroup/cpuset", "cgroup", "rw,cpuset"),
      line("/sys/fs/cgroup/memory", "cgroup", "rw,memory"),
      line("/sys/fs/cgroup/pids", "cgroup", "rw,pids"),
      line("/sys/fs/cgroup/systemd", "cgroup", "rw,xattr,name=systemd"),
      line("/sys/fs/cgroup/unified", "cgroup2", "rw"),
      line("/mnt/other", "cgroup", "rw,freezer"),
    ].join("\n");
    expect(findHierarchies(mounts, none)).toEqual({
      version: 1,
      folders: ["cpu,cpuacct", "cpuset", "memory", "pids", "systemd", "unified"].map((name) => `/sys/fs/cgroup/${name}`),
      missing: [],
    });
  });

  test("a machine without cgroups lacks all that are needed", () => {
    expect(findHierarchies("", none)).toEqual({ version: 1, folders: [], missing: ["cpu", "cpuset", "memory", "pids"] });
  });
});
