#pragma once

#include "base/error.hpp"
#include "cli/program.hpp"
#include "cli/terminal.hpp"
#include "fleet/fleet.hpp"
#include "http/loop.hpp"
#include "manifest/manifest.hpp"
#include "planning/planned.hpp"

#include <CLI/App.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::cli {

/// Flags that name the clusters and how to reach them; every command that talks to clusters has them.
struct ClusterFlags {
  std::string fleet;
  std::vector<std::string> contexts;
  std::vector<std::string> only;
  std::string kubeconfig;
  std::string kubeconfig_brought_by;             ///< What named it, where it was not the user: "the saved plan".
  std::vector<std::string> trusted_kubeconfigs;  ///< --trust-kubeconfig
  bool says_fleet = true;                        ///< Whether to say which fleet file was found.
  std::string host_context;                      ///< --host-cluster-context: the fleet is this host's members.
  std::string kubefed_namespace;                 ///< Of its control plane; empty: KubeFed's.
  int parallelism = 50;
  std::string request_timeout = "30s";
  std::string connect_timeout = "5s";
};

/// Flags of every command.
struct OutputFlags {
  std::string output;
  int verbosity = 0;
  bool no_color = false;
  bool no_exit_code = false;
};

/// Flags that name the input.
struct InputFlags {
  std::vector<std::string> paths;
  bool recursive = false;
  bool required = true;  ///< False: a host may be the source.
  std::string name_space;
  std::vector<std::string> apis;
};

void add_cluster_flags(Program& program, CLI::App& command, ClusterFlags& flags, bool talks);
void add_output_flags(Program& program, CLI::App& command, OutputFlags& flags, std::vector<std::string> formats);
void add_input_flags(Program& program, CLI::App& command, InputFlags& flags);

/// An option whose value is one of `choices`, which are completed; anything else is refused at parse time.
CLI::Option* add_choice(Program& program, CLI::App& command, const std::string& name, std::string& value,
                        const std::vector<std::string>& choices, const std::string& help);

/// An option whose value is a duration such as 30s; refused at parse time otherwise.
CLI::Option* add_duration(CLI::App& command, const std::string& name, std::string& value, const std::string& help);

/// The clusters that the flags name: --fleet, --contexts, FEDCTL_FLEET or ./fleet.yaml.
/// Errors: usage where nothing names any, or both do.
Result<fleet::Fleet> fleet_from(const ClusterFlags& flags);

/// The same for what works offline: where nothing names any, the clusters that the input's placements name will do.
Result<fleet::Fleet> fleet_for(const ClusterFlags& flags, const std::vector<manifest::Manifest>& manifests);

/// Does nothing name the clusters: no flag, no FEDCTL_FLEET, no ./fleet.yaml?
bool names_no_clusters(const ClusterFlags& flags);

/// The parsed input with its types; offline types only.
Result<planning::Inputs> read_input(const InputFlags& flags);

/// The same of manifests that were read already.
Result<planning::Inputs> input_of(std::vector<manifest::Manifest> manifests, const InputFlags& flags);

/// Where `-v` goes: standard error.
Log log_for(const OutputFlags& flags);

/// Says an error on standard error; exit code 1, or 130 when the user interrupted.
int report(const Error& error);

/// Says one line on standard error, of whatever others wrote.
void warn(const std::string& line);

/// A line of text that others may have had a part in: it stays one line. On standard error, and on standard output.
void say_line(std::string_view line);
void print_line(std::string_view line);

/// Writes to standard error what for_terminal() lets out, and does not mind when nobody reads it any more.
void say(const std::string& text);

/// Hands on what was printed. Why not all of it has reached standard output (an errno); 0 where it has.
int flush_output();

/// The exit code, or 0 for 2, 3 and 4 under --no-exit-code.
int finish(int code, const OutputFlags& flags);

/// Asks on standard output and reads the answer.
bool confirms(const std::string& question);

/// Says on standard error which file a fleet comes from, where the user did not name it.
void say_found(const fleet::Fleet& fleet);

/// Writes to standard output what for_terminal() lets out, all at once.
void print(const std::string& text);

}  // namespace fedctl::cli
