import { restrictionFaults } from "../database/managed-cluster";
import { sizeFaults } from "../kubernetes/volume-server";
import type { Fault } from "../pulumi/faults";
import type { CommonArgs, KafkaArgs, ManagedKafkaArgs } from "./args";

/** With less, the broker's heap and what it has outside of that do not fit. */
export const leastMemory = "512Mi";

export const topicName = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;
export const topicRule = "must have up to 249 letters, digits, '.', '_' and '-'";
const isCount = (value: number, most: number): boolean => Number.isInteger(value) && value >= 1 && value <= most;

function commonFaults({ topics, retentionHours = 168 }: CommonArgs): Fault[] {
  const names = topics.map(({ name }) => name);
  return [
    ...topics.flatMap(({ name, partitions }, n): Fault[] => [
      ...(topicName.test(name) ? [] : [{ property: `topics[${n}].name`, value: name, rule: topicRule }]),
      ...(names.indexOf(name) === n ? [] : [{ property: `topics[${n}].name`, value: name, rule: "must not be there twice" }]),
      ...(isCount(partitions, 1000)
        ? []
        : [{ property: `topics[${n}].partitions`, value: partitions, rule: "must be an integer from 1 to 1000" }]),
    ]),
    ...(isCount(retentionHours, 87_600)
      ? []
      : [{ property: "retentionHours", value: retentionHours, rule: "must be an integer from 1 to 87600" }]),
  ];
}

/** What is wrong with the args of a Kafka. */
export const faultsOf = (args: KafkaArgs): Fault[] => [...commonFaults(args), ...sizeFaults(args, leastMemory, "1Gi")];

/** What is wrong with the args of a ManagedKafka. */
export const managedFaultsOf = (args: ManagedKafkaArgs): Fault[] => [...commonFaults(args), ...restrictionFaults(args)];
