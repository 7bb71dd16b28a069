#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "kubeconfig/kubeconfig.hpp"
#include "kubeconfig/shape.hpp"

#include <fmt/format.h>
#include <cstdlib>

namespace fedctl::kubeconfig {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

using Document = std::shared_ptr<const yaml::Document>;

tl::unexpected<Error> malformed(const Document& document, const std::string& pointer, std::string message) {
  return Failure{{.code = Code::invalid_input,
                  .message = std::move(message),
                  .place = yaml::place_of(*document, pointer),
                  .hint = "see 'kubectl config view'"}};
}

/// Adds the entries of one list, such as `clusters: [{name: a, cluster: {...}}]`.
Result<void> merge_list(std::map<std::string, Entry>& target, const Document& document, const fs::path& folder, const std::string& list,
                        const std::string& key) {
  std::map<std::string, std::string> written;  // In this file: where by name.
  std::size_t position = 0;
  for (const json& item : list_at(document->value, list)) {
    const std::string pointer = fmt::format("/{}/{}", list, position++);
    const std::string name = string_at(item, "name");
    if (name.empty()) return malformed(document, pointer, fmt::format("each of '{}' needs a name", list));
    const auto [before, is_new] = written.emplace(name, pointer);
    if (!is_new) {
      return malformed(
          document, pointer,
          fmt::format("the name '{}' stands twice in '{}', also at {}", name, list, yaml::place_of(*document, before->second)));
    }
    target.emplace(name, Entry{map_at(item, key), folder, document, pointer});
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
  if (auto checked = check_shape(*document); !checked) return checked;
  for (const auto& [field, expected] : {std::pair{"kind", "Config"}, std::pair{"apiVersion", "v1"}}) {
    const std::string found = string_at(document->value, field);
    if (!found.empty() && found != expected)
      return malformed(document, fmt::format("/{}", field), fmt::format("this is no kubeconfig: its {} is not {}", field, expected));
  }
  const fs::path folder = fs::absolute(path).parent_path();
  if (config.current_context.empty()) config.current_context = string_at(document->value, "current-context");
  return merge_list(config.clusters, document, folder, "clusters", "cluster")
      .and_then([&] { return merge_list(config.users, document, folder, "users", "user"); })
      .and_then([&] { return merge_list(config.contexts, document, folder, "contexts", "context"); });
}

std::string why_none(const std::vector<fs::path>& paths) {
  if (paths.empty()) return "KUBECONFIG names no file";
  if (paths.size() == 1) return fmt::format("{} does not exist", paths.front().string());
  const std::vector<std::string> names{paths.begin(), paths.end()};
  return fmt::format("none of {} exists", text::join(names, ", "));
}

}  // namespace

std::vector<fs::path> own_paths() {
  const char* variable = std::getenv("KUBECONFIG");
  if (variable == nullptr || *variable == '\0') return {file::home() / ".kube" / "config"};
  std::vector<fs::path> paths;
  for (const std::string& path : text::split(variable, ':')) {
    if (!path.empty()) paths.emplace_back(path);
  }
  return paths;
}

Result<Config> load(const std::optional<fs::path>& explicit_path) {
  Config config;
  if (explicit_path) {
    if (const auto merged = merge_file(config, *explicit_path); !merged) return Failure{merged.error()};
    return config;
  }
  const std::vector<fs::path> paths = own_paths();
  for (const fs::path& path : paths) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) continue;
    if (const auto merged = merge_file(config, path); !merged) return Failure{merged.error()};
  }
  if (config.origin.empty() && !in_cluster()) {
    return Failure{{.code = Code::not_found,
                    .message = fmt::format("there is no kubeconfig: {}", why_none(paths)),
                    .hint = "name one with --kubeconfig or KUBECONFIG"}};
  }
  return config;
}

}  // namespace fedctl::kubeconfig
