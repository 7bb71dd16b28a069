#pragma once

#include "control/host.hpp"
#include "control/member.hpp"
#include "control/rights.hpp"
#include "control/write.hpp"
#include "fleet/connect.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::control {

/// A cluster as the person who lets it join or leave reaches it.
struct Member {
  kube::Client* client = nullptr;
  kubeconfig::Access access;  ///< What of it a KubeFedCluster can hold is kept: address, authority, proxy; never the credentials.
  std::string context;
};

struct JoinOptions {
  std::string cluster;
  std::string secret_name = {};  ///< Of the host's Secret; empty: made from the cluster's name.
  bool error_on_existing = true;
  bool rotate = false;  ///< The cluster is joined: give it a fresh token, and take the old one back.
  std::map<std::string, std::string> labels = {};
  std::optional<time::Duration> token_duration = {};  ///< None: a token that does not expire.
  std::optional<Rights> rights = {};                  ///< None: what a joined cluster has, else full.
  bool dry_run = false;
  time::Duration token_patience{30'000};  ///< For the cluster's token controller.
  fleet::ConnectOptions connect = {};
};

struct JoinReport {
  std::vector<Written> objects;
  fleet::Health health;                ///< As seen with the member's new token.
  std::vector<std::string> leftovers;  ///< Old tokens that could not be taken back.
};

/// Joins `member` to the host's federation as kubefedctl does: an account with rights and a token in the member; in the host the
/// token and a KubeFedCluster. Everything is checked before anything is written: reachable, allowed, not joined yet, under another
/// name neither. When a later step fails, what was made is taken away again.
/// Errors: usage; conflict for what exists already; forbidden with what is lacking; whatever the servers say.
Task<Result<JoinReport>> join(Host host, Member member, JoinOptions options);

/// Writes the rights that `types` need into a member joined with minimal rights.
Task<Result<Written>> update_rights(Host host, kube::Client& member, std::string cluster, Scope scope, std::vector<FederatedType> types);

}  // namespace fedctl::control
