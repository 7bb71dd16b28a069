#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace fedctl::kube {

/// What keeps a Pod from being ready.
struct PodTrouble {
  std::string message;    ///< "container web of Pod web-x: ImagePullBackOff: Back-off pulling image …"
  std::string container;  ///< Whose log may tell more; empty: none has one.
  bool previous = false;  ///< The log of its last run: it has ended.
  int weight = 0;         ///< The graver the more.
};

/// Nothing for a Pod that is ready, done, or merely starting.
std::optional<PodTrouble> trouble_of_pod(const nlohmann::json& pod);

}  // namespace fedctl::kube
