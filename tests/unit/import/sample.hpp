#pragma once

#include <string>

namespace support {

/// An application of two clusters, such as the scripts that `failover import` reads fail over.
inline const std::string federated = R"(
apiVersion: types.kubefed.io/v1beta1
kind: FederatedDeployment
metadata: {name: app, namespace: production}
spec:
  template: {spec: {replicas: 1, template: {spec: {containers: [{name: app, env: [{name: ROLE, value: none}]}]}}}}
  placement: {clusters: [{name: tokyo}, {name: ireland}]}
  overrides:
  - clusterName: tokyo
    clusterOverrides: [{path: /spec/replicas, value: 10}, {path: /spec/template/spec/containers/0/env, value: [{name: ROLE, value: active}]}]
  - clusterName: ireland
    clusterOverrides: [{path: /spec/replicas, value: 3}, {path: /spec/template/spec/containers/0/env, value: [{name: ROLE, value: standby}]}]
)";

}  // namespace support
