import type { ServiceError } from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { failure } from "./process";
import type { InitFailed } from "./provider";
import { toStruct } from "./values";

/** Packs the half-made resource into the error, where the engine finds it and records it. */
export function initFailure(error: InitFailed): ServiceError {
  const detail = new ErrorResourceInitFailed()
    .setId(error.id)
    .setProperties(toStruct(error.outputs))
    .setReasonsList([...error.reasons]);
  if (error.inputs) detail.setInputs(toStruct(error.inputs));
  const packed = new Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const result = failure(error);
  const status = new Status().setCode(result.code).setMessage(error.message).setDetailsList([packed]);
  result.metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return result;
}
