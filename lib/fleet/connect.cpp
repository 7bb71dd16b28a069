#include "fleet/connect.hpp"

#include "kubeconfig/kubeconfig.hpp"

#include <map>
#include <utility>

namespace fedctl::fleet {

Result<Clients> connect(http::Loop& loop, const Fleet& fleet, const ConnectOptions& options) {
  std::map<std::optional<std::filesystem::path>, kubeconfig::Config> configs;
  Clients clients;
  for (const Cluster& cluster : fleet.clusters) {
    const auto path = cluster.kubeconfig ? cluster.kubeconfig : options.kubeconfig;
    if (!configs.contains(path)) {
      auto config = kubeconfig::load(path);
      if (!config) return Failure{in_cluster(config.error(), cluster.name)};
      configs.emplace(path, std::move(*config));
    }
    auto access = kubeconfig::access(configs.at(path), cluster.context);
    if (!access) return Failure{in_cluster(access.error(), cluster.name)};
    const Trust trust{cluster.kubeconfig ? fleet.brought_by : options.trust.brought_by, options.trust.named};
    if (auto trusted = check_trust(trust, path, *access); !trusted) return Failure{in_cluster(trusted.error(), cluster.name)};
    access->endpoint.connect_timeout = options.connect_timeout;
    access->endpoint.request_timeout = options.request_timeout;
    access->endpoint.parallelism = options.parallelism;
    clients.push_back(std::make_unique<kube::Client>(loop, cluster.name, std::move(*access)));
  }
  return clients;
}

}  // namespace fedctl::fleet
