/**
 * OVHcloud's block storage: storage classes whose volumes are folders of this machine, behind a driver for Kubernetes' Container Storage Interface (CSI)
 * that has Cinder's name, limits and errors. Kubernetes itself sees to it that one node at a time has a volume, as on OVHcloud.
 * Imports `control-plane/` and `controllers/`.
 */
export { storageManifests } from "./classes";
export { VolumeController } from "./controller";
export { VolumePlugins } from "./plugins";
