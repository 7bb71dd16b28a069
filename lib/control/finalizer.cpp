#include "control/finalizer.hpp"

#include "kube/patch_as_read.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::control {

using nlohmann::json;

Task<Result<Done>> take_finalizer(kube::Client& client, kube::Resource resource, std::string name_space, std::string name, std::string uid,
                                  std::string_view finalizer) {
  const json wanted{std::string{finalizer}};
  const kube::OperationsFor take = [&](const json& live) -> Result<json> {
    const json& all = kube::list_at(kube::map_at(live, "metadata"), "finalizers");
    const auto held = std::ranges::find(all, wanted.front());
    if (held == all.end() || kube::uid_of(live) != uid) return json{};
    const std::string path = fmt::format("/metadata/finalizers/{}", held - all.begin());
    return json::array({{{"op", "remove"}, {"path", path}}});
  };
  const auto taken = co_await kube::patch_as_read(client, resource, name_space, name, take);
  if (!taken && taken.error().code != Code::not_found) co_return Failure{taken.error()};
  co_return Done{};
}

}  // namespace fedctl::control
