#pragma once

#include "base/error.hpp"
#include "plan/plan.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fedctl::plan {

/// How much a plan may delete in one cluster without being told to. More than both is refused; a limit that is not set does not count.
struct DeleteLimit {
  std::optional<std::size_t> objects = 10;
  std::optional<std::size_t> percent = 20;  ///< Of what is there and ours.
};

/// "10", "20%" or "10,20%". Errors: usage.
Result<DeleteLimit> parse_delete_limit(std::string_view text);

/// Why the plan deletes too much ("15 of 30 objects in tokyo-cluster (50 %)"); nothing where it does not.
std::optional<std::string> too_many_deletes(const Plan& plan, const DeleteLimit& limit);

}  // namespace fedctl::plan
