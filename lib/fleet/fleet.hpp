#pragma once

#include "base/error.hpp"
#include "fleet/rollout.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

/// The set of clusters we work on.
namespace fedctl::fleet {

struct Cluster {
  std::string name;
  std::string context;                              ///< In the kubeconfig; by default the name.
  std::optional<std::filesystem::path> kubeconfig;  ///< Its own file; else what `--kubeconfig` or KUBECONFIG say.
  std::map<std::string, std::string> labels;
};

/// A fleet that is the members of a host cluster.
struct HostReference {
  std::string context;
  std::optional<std::filesystem::path> kubeconfig;
  std::string name_space;  ///< Of the control plane; empty: KubeFed's.
};

struct Fleet {
  std::string name;
  std::vector<Cluster> clusters;
  std::optional<HostReference> host;  ///< Then the file names no clusters.
  std::string brought_by = {};        ///< What brought it, where the user did not name it: "./fleet.yaml, found in this folder".
  Rollout rollout = {};               ///< Its waves may name clusters that are known only when they are asked.

  const Cluster* find(const std::string& cluster) const;
  std::vector<std::string> names() const;

  /// To look up many names: `find` goes through all clusters. Good while the fleet stays as it is.
  std::unordered_set<std::string_view> name_set() const;
};

/// Reads a Fleet file (fedctl.io/v1alpha1). Errors: not_found; invalid_input with file:line for an unknown field, a
/// missing or repeated name, a label that is no string, a rollout without waves, and for no clusters at all.
Result<Fleet> load(const std::filesystem::path& path);

/// One cluster a context, named like it. Errors: usage for an empty or repeated name.
Result<Fleet> from_contexts(const std::vector<std::string>& contexts);

/// The clusters that `only` names (--cluster); empty: all of them. Errors: usage for a name that the fleet lacks.
Result<Fleet> narrowed(const Fleet& fleet, const std::vector<std::string>& only);

}  // namespace fedctl::fleet
