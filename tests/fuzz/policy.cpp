#include "failover/policy.hpp"

#include "fuzz.hpp"

using namespace fedctl;

/// FailoverPolicies.
void fuzz::run(std::string_view input) {
  const auto parsed = manifest::parse(source(input));
  if (!is_good(parsed)) return;
  for (const manifest::Manifest& manifest : parsed->items) {
    const auto policy = failover::read_policy(manifest, "default");
    if (!is_good(policy)) continue;
    require(policy->clusters.size() >= 2 && !policy->targets.empty(), "a policy has two clusters and a target");
  }
}
