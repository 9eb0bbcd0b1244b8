/** What is wrong with the name of an extended resource, such as a device plugin's `example.com/dongle`, if anything is. @see https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#extended-resources */
export function extendedResourceFault(name: string): string | undefined {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/.test(name))
    return "must have a domain, such as example.com/dongle";
  if (/^([^/]*\.)?kubernetes\.io\//.test(name) || name.startsWith("requests."))
    return "must not have the domain kubernetes.io, nor begin with 'requests.': these are Kubernetes' own";
  return undefined;
}
