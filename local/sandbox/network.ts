import { existsSync } from "node:fs";
import { exec } from "../lib/exec";
import type { addresses } from "./addresses";

/** Milliseconds that a change of the network may take. */
const timeout = 10_000;

/** The sandbox's end of the veth, inside. */
export const insideInterface = "eth0";

/** Sets up the veth's two ends, routing and masquerading. What is there already stays. */
const inside = `
set -euo pipefail
ip link set lo up
ip link set "$IFACE" up
ip address replace "$ADDRESS" dev "$IFACE"
ip route replace default via "$HOST"
echo 1 >/proc/sys/net/ipv4/ip_forward
rule=(POSTROUTING -s "$PODS" -o "$IFACE" -j MASQUERADE)
iptables -w -t nat -C "\${rule[@]}" 2>/dev/null || iptables -w -t nat -A "\${rule[@]}"
`;

/** Takes away what a cluster left inside: rules of kube-proxy and CNI, and addresses of nodes. */
export const resetScript = `
set -euo pipefail
for table in nat filter mangle; do
  iptables -w -t "$table" -F
  iptables -w -t "$table" -X
done
ip -4 -oneline address show dev ${insideInterface} | while read -r _ _ _ address _; do
  if [[ $address == */32 ]]; then ip address delete "$address" dev ${insideInterface}; fi
done
`;

/** Joins the sandbox's network namespace to the host by a veth pair; nothing else of the host's network is touched. */
export async function joinNetworks(
  hostInterface: string,
  sandboxPid: number,
  podCidr: string,
  own: ReturnType<typeof addresses>,
  run: (argv: readonly string[], env: Record<string, string>) => Promise<string>,
): Promise<void> {
  if (!existsSync(`/sys/class/net/${hostInterface}`)) {
    const peer = ["peer", "name", insideInterface, "netns", String(sandboxPid)];
    await exec("ip", ["link", "add", hostInterface, "type", "veth", ...peer], { timeout });
  }
  await exec("ip", ["address", "replace", `${own.host}/${own.prefix}`, "dev", hostInterface], { timeout });
  await exec("ip", ["link", "set", hostInterface, "up"], { timeout });
  await run(["bash", "--norc", "-c", inside], {
    IFACE: insideInterface,
    ADDRESS: `${own.controlPlane}/${own.prefix}`,
    HOST: own.host,
    PODS: podCidr,
  });
}

/** Removes the veth pair; does nothing when there is none. */
export async function partNetworks(hostInterface: string): Promise<void> {
  const exists = (): boolean => existsSync(`/sys/class/net/${hostInterface}`);
  if (!exists()) return;
  try {
    await exec("ip", ["link", "delete", hostInterface], { timeout });
  } catch (error) {
    // The kernel may have been about to remove it, a moment after the namespace of its other end.
    if (exists()) throw error;
  }
}
