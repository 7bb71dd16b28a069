#include "base/file.hpp"
#include "base/text.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include <fmt/format.h>
#include <cstdlib>

namespace fedctl::kubeconfig {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

using Document = std::shared_ptr<const yaml::Document>;

tl::unexpected<Error> invalid(const Document& document, const std::string& pointer, std::string message) {
  return Failure{{Code::invalid_input, std::move(message), yaml::place_of(*document, pointer), "", "", "see 'kubectl config view'"}};
}

/// Adds the entries of one list, such as `clusters: [{name: a, cluster: {...}}]`.
Result<void> merge_list(std::map<std::string, Entry>& target, const Document& document, const fs::path& folder, const std::string& list,
                        const std::string& key) {
  const json& root = document->value;
  if (!root.contains(list) || root[list].is_null()) return {};
  if (!root[list].is_array()) return invalid(document, "/" + list, fmt::format("'{}' must be a list", list));
  for (std::size_t i = 0; i < root[list].size(); ++i) {
    const json& item = root[list][i];
    const std::string pointer = fmt::format("/{}/{}", list, i);
    if (!item.is_object() || !item.contains("name") || !item["name"].is_string()) {
      return invalid(document, pointer, fmt::format("each of '{}' needs a name", list));
    }
    const json value = item.value(key, json(nullptr));
    if (!value.is_object() && !value.is_null()) return invalid(document, pointer, fmt::format("'{}' must be a map", key));
    const json content = value.is_null() ? json::object() : value;
    target.emplace(item["name"].get<std::string>(), Entry{content, folder, document, pointer});
  }
  return {};
}

Result<void> merge_file(Config& config, const fs::path& path) {
  auto text = file::read(path);
  if (!text) return Failure{text.error()};
  auto parsed = yaml::parse(std::make_shared<const yaml::Source>(yaml::Source{path.string(), std::move(*text)}));
  if (!parsed) return Failure{parsed.error()};
  config.origin += (config.origin.empty() ? "" : ", ") + path.string();
  if (parsed->documents.empty()) return {};
  const auto document = std::make_shared<const yaml::Document>(std::move(parsed->documents.front()));
  if (!document->value.is_object()) return invalid(document, "", "this is no kubeconfig");
  const fs::path folder = fs::absolute(path).parent_path();
  const auto current = document->value.find("current-context");
  if (current != document->value.end() && current->is_string() && config.current_context.empty()) {
    config.current_context = current->get<std::string>();
  }
  return merge_list(config.clusters, document, folder, "clusters", "cluster")
      .and_then([&] { return merge_list(config.users, document, folder, "users", "user"); })
      .and_then([&] { return merge_list(config.contexts, document, folder, "contexts", "context"); });
}

std::vector<fs::path> default_paths() {
  const char* variable = std::getenv("KUBECONFIG");
  if (variable == nullptr || *variable == '\0') return {file::home() / ".kube" / "config"};
  std::vector<fs::path> paths;
  for (const std::string& path : text::split(variable, ':')) {
    if (!path.empty()) paths.emplace_back(path);
  }
  return paths;
}

}  // namespace

Result<Config> load(const std::optional<fs::path>& explicit_path) {
  Config config;
  if (explicit_path) {
    if (const auto merged = merge_file(config, *explicit_path); !merged) return Failure{merged.error()};
    return config;
  }
  std::string tried;
  for (const fs::path& path : default_paths()) {
    tried += (tried.empty() ? "" : ", ") + path.string();
    std::error_code ignored;
    if (!fs::exists(path, ignored)) continue;
    if (const auto merged = merge_file(config, path); !merged) return Failure{merged.error()};
  }
  if (config.origin.empty() && !in_cluster()) {
    return Failure{{Code::not_found, fmt::format("there is no kubeconfig: {} does not exist", tried), "", "", "",
                    "name one with --kubeconfig or KUBECONFIG"}};
  }
  return config;
}

}  // namespace fedctl::kubeconfig
