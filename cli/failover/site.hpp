#pragma once

#include "cli/host.hpp"
#include "failover/site.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fedctl::cli {

struct SiteFlags {
  ClusterFlags clusters;
  OutputFlags output;
  std::string policy;              ///< A file.
  std::vector<std::string> files;  ///< With the targets, where there is no host.
  std::string state;               ///< Where the state is kept, where not in the host.
};

void add_policy(Program& program, CLI::App& command, SiteFlags& flags);

/// -f, --state, and the flags of clusters and of output.
void add_site_flags(Program& program, CLI::App& command, SiteFlags& flags, std::vector<std::string> formats);

inline bool is_json(const SiteFlags& flags) { return flags.output.output == "json"; }

/// Does it name a file, there or not, or standard input? Else it is a policy that a host holds.
bool is_policy_file(const std::string& policy);

/// A site, with the host that must live as long as it.
struct OpenSite {
  std::optional<ConnectedHost> host;
  failover::Site site;
};

/// What of a site a command works with: all of it, or only the host, without asking anything yet.
enum class Needs { everything, host };

/// Reads the policy and connects to what it speaks of. Errors: of the flags, the policy, the kubeconfig, the host.
Result<std::unique_ptr<OpenSite>> open_site(http::Loop& loop, const SiteFlags& flags, Needs needs = Needs::everything);

}  // namespace fedctl::cli
