#pragma once

#include "base/task.hpp"
#include "kube/client.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace fedctl::apply {

/// Which object, in which version of its spec, must become ready. Empty and 0 where that is not known.
struct Awaited {
  std::string uid = {};
  std::int64_t generation = 0;
};

struct Written {
  std::string created = {};  ///< The UID of an object that was not there before; else empty.
  Awaited awaited = {};
  kube::Removal removal = {};  ///< Of a deletion.
};

/// Makes one change. Errors, beside the server's: conflict where an object that is to be created is there by now, made by somebody else,
/// which stays as it was; not_kubernetes where the answer is not the object as it was written. `Error::uncertain` says whether something
/// may have been done all the same.
Task<Result<Written>> write(kube::Client& client, const plan::Change& change);

/// Did nobody but us write the object (controllers' statuses aside)?
bool is_ours_alone(const nlohmann::json& live);

}  // namespace fedctl::apply
