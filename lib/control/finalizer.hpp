#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "kube/client.hpp"

#include <string>
#include <string_view>

namespace fedctl::control {

/// How long an object that nothing of KubeFed's keeps any more may take to go.
inline constexpr time::Duration departure_patience{5'000};

/// Takes one finalizer from the object with this UID, and no other one, whatever else changes meanwhile. An object that is gone, or that
/// does not have it, is fine.
Task<Result<Done>> take_finalizer(kube::Client& client, kube::Resource resource, std::string name_space, std::string name, std::string uid,
                                  std::string_view finalizer);

}  // namespace fedctl::control
