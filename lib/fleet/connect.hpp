#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "fleet/fleet.hpp"
#include "fleet/trust.hpp"
#include "http/loop.hpp"
#include "kube/client.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace fedctl::fleet {

struct ConnectOptions {
  std::optional<std::filesystem::path> kubeconfig;  ///< Of clusters that name none of their own.
  Trust trust = {};                                 ///< In `kubeconfig`, and which others the user named.
  time::Duration connect_timeout{5000};
  time::Duration request_timeout{30000};
  int parallelism = 50;
};

using Clients = std::vector<std::unique_ptr<kube::Client>>;

/// A client for each cluster, in the fleet's order; asks no server yet. Errors are the kubeconfig's and those of
/// `check_trust`, with the cluster's name.
Result<Clients> connect(http::Loop& loop, const Fleet& fleet, const ConnectOptions& options);

}  // namespace fedctl::fleet
