#!/bin/sh
# Prints every EndpointSlice of one remote cluster, then each change:
#
#     KUBECONFIG=feed.kubeconfig examples/watch.sh CLUSTER
set -eu
cluster=${1:?usage: watch.sh CLUSTER}

# kubectl ends when the feed ends the watch (a restart, or every half hour or so): then everything is printed again.
while true; do
  kubectl get endpointslices --all-namespaces --watch --output-watch-events \
    --selector "federation.tigera.io/remoteClusterName=$cluster" || true
  sleep 1
done
