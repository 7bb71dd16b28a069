#pragma once

#include "base/error.hpp"
#include "base/yaml.hpp"
#include "http/message.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

/// kubeconfig files (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/): reading, merging, and what a
/// context amounts to.
namespace fedctl::kubeconfig {

/// One named cluster, user or context, and where it was written.
struct Entry {
  nlohmann::json value;
  std::filesystem::path folder;  ///< What its relative paths are relative to.
  std::shared_ptr<const yaml::Document> document;
  std::string pointer;  ///< JSON Pointer to the entry in the document.

  std::string place() const { return yaml::place_of(*document, pointer); }
};

/// All files merged: of two entries with one name the first read wins.
struct Config {
  std::map<std::string, Entry> clusters;
  std::map<std::string, Entry> users;
  std::map<std::string, Entry> contexts;
  std::string current_context;
  std::string origin;  ///< The files read, for messages.
};

/// A program that hands out credentials (client.authentication.k8s.io/v1 and v1beta1).
struct ExecPlugin {
  std::string api_version;
  std::string command;  ///< Looked up in PATH unless it holds a slash.
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::string install_hint;
  bool may_ask = true;          ///< interactiveMode is not Never.
  bool must_ask = false;        ///< interactiveMode is Always.
  nlohmann::json cluster = {};  ///< What `provideClusterInfo` asks us to tell the plugin; null otherwise.
  std::filesystem::path folder = {};
};

/// How to prove who we are; at most one way is set beside the client certificate in `Endpoint::tls`.
struct Identity {
  std::string token;
  std::filesystem::path token_file;
  std::string username;
  std::string password;
  std::optional<ExecPlugin> plugin;
  std::vector<std::string> impersonation_headers;
};

/// What a context amounts to: where the server is and who we are there.
struct Access {
  http::Endpoint endpoint;
  Identity identity;
  std::string default_namespace;  ///< Empty where the context names none.
};

/// Reads `explicit_path` if given; else the files of $KUBECONFIG (missing ones are skipped); else ~/.kube/config; else, in a
/// pod, the service account as a context named "in-cluster".
/// Errors: not_found for an explicit file that is missing or where there is none at all; invalid_input with file:line for what is no
/// kubeconfig, a field of another type than it should have, and a name that stands twice in one file.
Result<Config> load(const std::optional<std::filesystem::path>& explicit_path);

/// The kubeconfig files that are the user's own: those of $KUBECONFIG, else ~/.kube/config.
std::vector<std::filesystem::path> own_paths();

/// Errors: not_found for a context, cluster or user that is not there, with the nearest name; invalid_input for what
/// cannot work, such as an auth-provider or a certificate that is no base64.
Result<Access> access(const Config& config, const std::string& context);

/// The service account of the pod we run in; nothing outside of a cluster.
std::optional<Access> in_cluster();

}  // namespace fedctl::kubeconfig
