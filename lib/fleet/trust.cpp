#include "fleet/trust.hpp"

#include "base/url.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::fleet {
namespace {

namespace fs = std::filesystem;

/// A file that is not there is no file at all, so it is not the same as another.
bool is_same_file(const fs::path& one, const fs::path& other) {
  std::error_code none;
  return fs::equivalent(one, other, none) && !none;
}

}  // namespace

Result<void> check_trust(const Trust& trust, const std::optional<fs::path>& kubeconfig, const kubeconfig::Access& access) {
  if (trust.brought_by.empty() || !kubeconfig) return {};
  const auto is_it = [&](const fs::path& path) { return is_same_file(path, *kubeconfig); };
  if (std::ranges::any_of(trust.named, is_it) || std::ranges::any_of(kubeconfig::own_paths(), is_it)) return {};
  std::string act;
  if (access.identity.plugin) act = fmt::format("runs the program '{}'", access.identity.plugin->command);
  if (act.empty() && !access.identity.token_file.empty())
    act = fmt::format("sends the contents of {} to {}", access.identity.token_file.string(), url::without_password(access.endpoint.url));
  if (act.empty()) return {};
  return Failure{{.code = Code::forbidden,
                  .message = fmt::format("{} names the kubeconfig {}, which {}", trust.brought_by, kubeconfig->string(), act),
                  .hint = fmt::format("if you trust it, add --trust-kubeconfig {}", kubeconfig->string())}};
}

}  // namespace fedctl::fleet
