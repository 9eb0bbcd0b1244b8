#!/bin/sh
# Starts the stand-in of a resource plugin, or the host of dynamic providers. If our language host serves one already (language/ahead.ts), its port is handed to
# the engine, and this process only lives as long as the engine wants the plugin: it ends with its input.
ahead="$PULUMI_HOME/ahead/$PPID-${0##*pulumi-resource-}"
if mv "$ahead" "$ahead.$$" 2>/dev/null; then
  cat "$ahead.$$"
  rm "$ahead.$$"
  exec cat >/dev/null
fi
exec node "${0%/*}/plugin.js" "$@"
