#pragma once

#include "apply/lock.hpp"
#include "base/task.hpp"
#include "failover/candidacy.hpp"
#include "failover/state.hpp"
#include "kube/client.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace fedctl::failover {

/// Something that only one process has; given back when it is destroyed.
class Hold {
 public:
  virtual ~Hold() = default;
  /// A number that no holder before had; 0 where there is no such counter.
  virtual std::int64_t token() const { return 0; }
};

/// Where the state of a policy is kept.
class Store {
 public:
  virtual ~Store() = default;

  /// Where nothing was kept yet, an empty state. Errors: the host's or the file's; invalid_input for what is no state.
  virtual Task<Result<State>> load() = 0;

  /// Errors: conflict where somebody else wrote it since it was loaded; the host's or the file's.
  virtual Task<Result<Done>> save(State& state) = 0;

  /// The same of what was seen of the primary, which does no harm where it is not written: takes at most two seconds, and an interrupt ends
  /// it at once.
  virtual Task<Result<Done>> save_look(State& state) = 0;

  /// Stands for the right to do `operation` ("watch"), which only one process has at a time. Where that is a Lease, it `lasts` this long
  /// without a renewal. The store must outlive what is returned.
  virtual std::unique_ptr<Candidacy> stand(const std::string& operation, std::chrono::seconds lasts) = 0;

  /// Takes the right to do `operation` ("failover"), of which each is one's only. Blocks at most for `patience`.
  /// Errors: conflict with who has it.
  virtual Result<std::unique_ptr<Hold>> hold(const std::string& operation, std::int64_t least_token, time::Duration patience) = 0;

  /// "ConfigMap kube-federation-system/failover.production.shop in host-cluster", or a path.
  virtual std::string display_name() const = 0;
};

/// A store whose states speak of the policy's clusters only (check_clusters).
std::unique_ptr<Store> make_policy_store(std::unique_ptr<Store> store, std::vector<std::string> clusters);

/// In a host: a ConfigMap, and Leases, of the control plane's namespace.
std::unique_ptr<Store> make_host_store(kube::Client& client, std::string name_space, std::string policy_namespace, std::string policy);

/// In a file, whose folder is made.
std::unique_ptr<Store> make_file_store(std::filesystem::path path);

/// $XDG_STATE_HOME/fedctl/failover/NAMESPACE.NAME.json, by default below ~/.local/state.
std::filesystem::path default_state_file(const std::string& policy_namespace, const std::string& policy);

/// "failover.production.shop": what the policy's ConfigMap and Leases are called, with "." and `part` behind where there is one.
std::string object_name(const std::string& policy_namespace, const std::string& policy, const std::string& part = {});

}  // namespace fedctl::failover
