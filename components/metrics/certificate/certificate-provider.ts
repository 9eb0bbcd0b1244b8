/** The dynamic provider of {@link ServingCertificate}. */
import { type dynamic } from "@pulumi/pulumi";
import { type Issued, issue, type Purpose, validDays } from "./issue";

export type Inputs = Purpose;

export interface Outputs extends Inputs, Omit<Issued, "authority"> {
  /** PEM certificates: of the authority, of the one of {@link next}, and of the one before until that ends. */
  readonly caBundle: string;
  /** Takes the place of the certificate when that is due. Clients trust it by then: they never meet one that they do not know yet. */
  readonly next: Issued;
}

/** What is left of a certificate's time when the next one is issued, in days: whoever runs `pulumi up` every few months never meets an expired one. */
export const renewalDays = 120;

const day = 86_400_000;

export function createCertificateProvider(now: () => number): dynamic.ResourceProvider<Inputs, Outputs> {
  const samePurpose = (olds: Inputs, news: Inputs): boolean =>
    JSON.stringify([olds.dnsNames, olds.forClients ?? false]) === JSON.stringify([news.dnsNames, news.forClients ?? false]);
  const isDue = ({ expiresAt }: { readonly expiresAt: string }): boolean => Date.parse(expiresAt) - now() < renewalDays * day;

  const make = async (inputs: Inputs, previous?: Outputs): Promise<Outputs> => {
    const prepared = previous?.next && samePurpose(previous, inputs) && !isDue(previous.next) ? previous.next : undefined;
    const [{ authority, ...issued }, next] = await Promise.all([
      prepared ?? issue(inputs, now(), validDays),
      // Its time begins when that of the other one ends, at the latest.
      issue(inputs, now(), 2 * validDays),
    ]);
    const before = previous && Date.parse(previous.expiresAt) > now() ? first(previous.caBundle) : "";
    return { ...inputs, ...issued, caBundle: authority + next.authority + before, next };
  };

  return {
    check: (_olds, news) => Promise.resolve({ inputs: news, failures: faultsOf(news) }),
    diff: (_id, olds, news) => Promise.resolve({ changes: !samePurpose(olds, news) || isDue(olds) }),
    create: async (inputs) => ({ id: inputs.dnsNames[0]!, outs: await make(inputs) }),
    update: async (_id, olds, news) => ({ outs: await make(news, olds) }),
  };
}

/** The first certificate of a bundle. */
const first = (bundle: string): string => `${bundle.split("-----END CERTIFICATE-----")[0]}-----END CERTIFICATE-----\n`;

function faultsOf({ dnsNames }: Inputs): { property: string; reason: string }[] {
  // In a preview it may be unknown, which is a text.
  if (!Array.isArray(dnsNames) || dnsNames.length > 0) return [];
  return [{ property: "dnsNames", reason: "must name at least one server" }];
}

export const certificate = createCertificateProvider(Date.now);
