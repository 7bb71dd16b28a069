#pragma once

#include "plan/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fedctl::plan {

/// Something that is no longer as a saved plan has it.
struct Moved {
  std::string cluster;
  kube::ObjectKey key;              ///< Without a kind: the whole cluster.
  std::string what;                 ///< "it was deleted", "spec.replicas is 9 now, and was 7"
  std::optional<kube::Writer> who;  ///< Whoever wrote it since, as far as the server knows.
};

struct Staleness {
  std::vector<Moved> moved;
  std::size_t done = 0;       ///< Planned changes that are made already, by an earlier run of the same plan perhaps.
  std::size_t elsewhere = 0;  ///< Objects that the plan leaves alone and that could do with a change now.
};

/// Judges a saved plan, made at `created`, by one that was made afresh from the same input. A change holds where the fresh plan has
/// the very same one; what changed beside it (a status, say) does not count.
Staleness staleness_of(const Plan& saved, const std::string& created, const Plan& fresh);

/// Leaves in `fresh` just what `saved` has too: what moved becomes a conflict, what only the fresh plan would do goes, and clusters
/// that were not planned are left alone.
void keep_agreed(Plan& fresh, const Plan& saved);

}  // namespace fedctl::plan
