/** Schemas of what decides where a pod runs and what it is given: nodes, volumes, secrets. */
import * as z from "zod";
import { mountPath as ownMount } from "./environment";
import { bytes, labelName, labelValue, objectName, oneOf, rule, variableFault } from "./rules";

export const toleration = z
  .strictObject({
    /** @default every taint */
    key: labelName.optional(),
    /** @default as `Equal` */
    operator: oneOf("Equal", "Exists").optional(),
    /** @default empty */
    value: labelValue.optional(),
    /** @default all of them */
    effect: oneOf("NoSchedule", "PreferNoSchedule", "NoExecute").optional(),
  })
  .superRefine(({ key, operator, value }, context) => {
    if (key === undefined && operator !== "Exists")
      context.addIssue({
        code: "custom",
        path: ["key"],
        message: "must be given, unless 'operator' is 'Exists': then all taints are tolerated",
      });
    if (operator === "Exists" && value)
      context.addIssue({ code: "custom", path: ["value"], message: "must not be given with the operator 'Exists'" });
  });

/** How many values an operator compares a label with. */
const comparesWith = { In: "some", NotIn: "some", Exists: "none", DoesNotExist: "none", Gt: "number", Lt: "number" } as const;

export const nodeRequirement = z
  .strictObject({
    /** e.g. `topology.kubernetes.io/zone` */
    key: labelName,
    operator: oneOf("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"),
    /** One or more for `In` and `NotIn`, one number for `Gt` and `Lt`. @default none */
    values: z.array(labelValue).optional(),
  })
  .superRefine(({ operator, values = [] }, context) => {
    const complain = (message: string) => context.addIssue({ code: "custom", path: ["values"], message });
    const wanted = comparesWith[operator];
    if (wanted === "some" && values.length === 0) complain(`must be given with the operator '${operator}'`);
    if (wanted === "none" && values.length > 0) complain(`must not be given with the operator '${operator}'`);
    if (wanted === "number" && !(values.length === 1 && /^-?\d+$/.test(values[0]!)))
      complain(`must be one whole number with the operator '${operator}', such as ["4"]`);
  });

/** Directories of the container that are not the user's to cover. */
const taken = ["/", "/tmp", "/dev", "/proc", "/sys", ownMount];

const directory = z
  .string()
  .regex(/^\/[^:\0]*$/, rule("an absolute path without ':', such as /data"))
  .refine(
    (path) => path === "/" || (!/\/$|\/\//.test(path) && !/(^|\/)\.\.?(\/|$)/.test(path)),
    rule("a path without '.', '..', '//' and a '/' at its end"),
  )
  .refine((path) => !taken.includes(path) && !path.startsWith(`${ownMount}/`), rule(`another directory than ${taken.join(", ")}`));

const volume = z
  .strictObject({
    /** A PersistentVolumeClaim of the namespace. It must be ReadWriteMany if several nodes use it at a time. @default none */
    claim: objectName.optional(),
    /** Size of an empty volume on the node's disk, e.g. `10Gi`. It is deleted with the pod. @default none */
    scratch: bytes.optional(),
    /** Where the volume is mounted: not `/tmp`, and different for each volume. */
    mountPath: directory.meta({ value: "absolute path" }),
    /** @default the claim's root */
    subPath: z
      .string()
      .min(1, rule("a path in the volume"))
      .refine((path) => !path.startsWith("/") && !path.split("/").includes(".."), rule("a relative path without '..'"))
      .optional()
      .meta({ value: "relative path" }),
    /** @default as `false` */
    readOnly: z.boolean().optional(),
  })
  .superRefine(({ claim, scratch, subPath, readOnly }, context) => {
    const complain = (property: string, message: string) => context.addIssue({ code: "custom", path: [property], message });
    if ((claim === undefined) === (scratch === undefined))
      complain("claim", claim ? "must not be given together with 'scratch'; keep one of them" : "must be given (or 'scratch')");
    if (scratch !== undefined && subPath !== undefined) complain("subPath", "is for a 'claim' only; scratch space is empty");
    if (scratch !== undefined && readOnly) complain("readOnly", "is for a 'claim' only; scratch space is empty");
  });

export const volumes = z.array(volume).superRefine((all, context) => {
  all.forEach(({ mountPath }, i) => {
    if (all.findIndex((other) => other.mountPath === mountPath) < i)
      context.addIssue({
        code: "custom",
        path: [i, "mountPath"],
        message: `must be another one for each volume, not again ${JSON.stringify(mountPath)}`,
      });
  });
});

/** One key of a Secret. */
export const secretKey = z.strictObject({
  /** Name of the Secret. */
  secret: objectName,
  key: z
    .string()
    .max(253)
    .regex(/^[-._a-zA-Z0-9]+$/, rule("letters, digits, '-', '_' and '.'")),
});

/** Variables that are keys of Secrets. */
export const secretEnvironment = z.record(z.string(), secretKey).superRefine((values, context) => {
  for (const name of Object.keys(values)) {
    const message = variableFault(name);
    if (message) context.addIssue({ code: "custom", path: [name], message });
  }
});
