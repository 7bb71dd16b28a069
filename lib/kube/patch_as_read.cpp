#include "kube/patch_as_read.hpp"

namespace fedctl::kube {
namespace {

constexpr int most_attempts = 10;

}  // namespace

Task<Result<Done>> patch_as_read(Client& client, Resource resource, std::string name_space, std::string name, OperationsFor operations) {
  for (int attempt = 1;; ++attempt) {
    const auto live = co_await client.get(resource, name_space, name, true);
    if (!live) co_return Failure{live.error()};
    auto wanted = operations(*live);
    if (!wanted) co_return Failure{wanted.error()};
    if (wanted->is_null()) co_return Done{};
    // The server refuses it, as a conflict, when the object is another one by then.
    const std::string version = string_at(map_at(*live, "metadata"), "resourceVersion");
    wanted->push_back({{"op", "replace"}, {"path", "/metadata/resourceVersion"}, {"value", version}});
    const auto patched = co_await client.patch(resource, name_space, name, *wanted);
    if (patched) co_return Done{};
    if (patched.error().code != Code::conflict || attempt == most_attempts) co_return Failure{patched.error()};
  }
}

}  // namespace fedctl::kube
