#include "kube/patch_as_read.hpp"

namespace fedctl::kube {
namespace {

constexpr int most_attempts = 10;

}  // namespace

Task<Result<Done>> patch_as_read(Client& client, Resource resource, std::string name_space, std::string name, OperationsFor operations) {
  for (int attempt = 1;; ++attempt) {
    const auto live = co_await client.get(resource, name_space, name, true);
    if (!live) co_return Failure{live.error()};
    const auto wanted = operations(*live);
    if (!wanted) co_return Failure{wanted.error()};
    if (wanted->is_null()) co_return Done{};
    const auto patched = co_await client.patch(resource, name_space, name, *wanted);
    if (patched) co_return Done{};
    if (patched.error().code != Code::conflict || attempt == most_attempts) co_return Failure{patched.error()};
  }
}

}  // namespace fedctl::kube
