#pragma once

#include "base/task.hpp"
#include "failover/site.hpp"

#include <optional>
#include <string>

namespace fedctl::watch {

struct SecondLook {
  std::string active;
  time::Duration patience{3'000};
  bool is_proven = false;  ///< By what the host itself says.
};

/// Before a failover from the side: looks at every cluster and asks the vantages. Why it must not be begun; nothing where it may: we are
/// cut off ourselves, most vantages do not see it down, or a standby still hears from what refuses us.
Task<std::optional<std::string>> second_look(failover::Site& site, failover::Health health, SecondLook look);

}  // namespace fedctl::watch
