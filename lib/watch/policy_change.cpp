#include "watch/policy_change.hpp"

#include "base/text.hpp"
#include "failover/journal.hpp"

#include <fmt/format.h>
#include <cstddef>

namespace fedctl::watch {
namespace {

constexpr std::size_t shown_changes = 4;

failover::SecretSource connection_in(const failover::Policy& policy, const std::string& cluster) {
  const bool has = policy.postgres && policy.postgres->sides.contains(cluster);
  return has ? policy.postgres->sides.at(cluster).connection : failover::SecretSource{};
}

}  // namespace

std::string change_text(const failover::Policy& before, const failover::Policy& after) {
  std::vector<std::string> changes = failover::spec_changes(before.spec, after.spec);
  const std::size_t more = changes.size() > shown_changes ? changes.size() - shown_changes : 0;
  if (more > 0) changes.resize(shown_changes);
  return text::join(changes, "; ") + (more > 0 ? fmt::format("; and {} more", more) : "");
}

bool says_the_same(const failover::Check& check, const failover::Policy& before, const failover::Policy& after,
                   const std::string& cluster) {
  return check.kind != failover::Check::Kind::postgres || connection_in(before, cluster) == connection_in(after, cluster);
}

}  // namespace fedctl::watch
