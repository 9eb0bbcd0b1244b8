/** The local cloud's Object Storage: a real S3 server, and the part that OVHcloud's API drives it by. */
export { Gateway, stopGateway, type GatewayOptions } from "./gateway";
export { LocalStorage } from "./storage";
