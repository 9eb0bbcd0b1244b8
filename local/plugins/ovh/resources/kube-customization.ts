import { isObject, type Properties } from "../../protocol/values";

const first = (list: unknown): unknown => (Array.isArray(list) ? list[0] : undefined);

/** The program's `customizationApiservers` and `customizationKubeProxy`, as the API writes them. */
export function customizationOf({ customizationApiservers, customizationKubeProxy }: Properties): Properties {
  const apiServer = first(customizationApiservers);
  const plugins = isObject(apiServer) ? first(apiServer.admissionplugins) : undefined;
  return {
    apiServer: isObject(plugins) ? { admissionPlugins: { enabled: plugins.enableds, disabled: plugins.disableds } } : undefined,
    kubeProxy: customizationKubeProxy,
  };
}

/** The inverse of {@link customizationOf}. */
export function customizationOutputs(customization: unknown): Properties {
  const { apiServer, kubeProxy } = isObject(customization) ? customization : {};
  const plugins = isObject(apiServer) ? apiServer.admissionPlugins : undefined;
  return {
    customizationApiservers: isObject(plugins)
      ? [{ admissionplugins: [{ enableds: plugins.enabled ?? [], disableds: plugins.disabled ?? [] }] }]
      : undefined,
    customizationKubeProxy: kubeProxy,
  };
}
