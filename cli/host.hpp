#pragma once

#include "cli/common.hpp"
#include "control/host.hpp"
#include "control/join.hpp"
#include "control/write.hpp"
#include "fleet/connect.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::cli {

/// Flags that name the host cluster, spelled as kubefedctl has them.
struct HostFlags {
  std::string context;
  std::string name;  ///< --host-cluster-name
  std::string name_space{control::default_system_namespace};
  std::string kubeconfig;
  fleet::Trust trust = {};  ///< In the kubeconfig.
  std::string dry_run;      ///< As typed: "", "true", "client", "server", ...
  std::string request_timeout = "30s";
  std::string connect_timeout = "5s";
};

/// The flags of every command that works on the host.
void add_host_flags(Program& program, CLI::App& command, HostFlags& flags);
void add_host_name_flag(CLI::App& command, HostFlags& flags);
void add_dry_run_flag(CLI::App& command, HostFlags& flags);

/// The host, with what must live as long as it.
struct ConnectedHost {
  std::unique_ptr<kube::Client> client;
  control::Host host;
  std::string default_namespace;  ///< Of the context, else "default".
};
Result<ConnectedHost> connect_host(http::Loop& loop, const HostFlags& flags);

/// The host that the cluster flags, a fleet file or (where nothing else names clusters) the current context name; nothing where the
/// fleet is of its own. A current context that is no host is an error that says what to name.
Result<std::optional<ConnectedHost>> host_of(http::Loop& loop, const ClusterFlags& flags);

/// A cluster as a context of the kubeconfig reaches it. Errors: the kubeconfig's.
struct ConnectedMember {
  std::unique_ptr<kube::Client> client;
  control::Member member;
};
Result<ConnectedMember> connect_member(http::Loop& loop, const HostFlags& flags, const std::string& cluster, const std::string& context,
                                       const std::string& kubeconfig = {});

fleet::ConnectOptions connect_options(const HostFlags& flags);
fleet::ConnectOptions connect_options(const ClusterFlags& flags);

/// Whether --dry-run was given. Errors: usage for a value it cannot have.
Result<bool> is_dry_run(const HostFlags& flags);

/// What a command that works on the host finds ready.
struct HostWork {
  http::Loop& loop;
  const ConnectedHost& host;
  bool dry_run;
};

/// Connects to the host and runs `work`; the exit code.
int on_host(const HostFlags& flags, const OutputFlags& output, const std::function<int(const HostWork&)>& work);

/// Lines as kubectl prints them: "federatedtypeconfig.core.kubefed.io/deployments.apps created in namespace NS (dry run)".
void print_written(const std::vector<control::Written>& objects, bool dry_run, bool with_cluster);

/// Reports an error of a command that writes several things; `has_written`: some of it was, or may have been, done. The exit code is 3
/// then, and who interrupted it learns that it is half done.
int report_half_done(const Error& error, bool has_written);
int report_half_done(const HostWork& work, const Error& error);

/// The exit code of an error: 4 for what was refused, else as `report`.
int report_refusal(const Error& error);

}  // namespace fedctl::cli
