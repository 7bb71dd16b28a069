#pragma once

#include "import/shell.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedctl::import {

/// A `kubectl patch` of a federated object.
struct Patch {
  std::string kind;  ///< As typed: "federateddeployment".
  std::string name;
  std::string name_space;
  nlohmann::json content;  ///< JSON Patch: a list; merge patch: a map; null where it could not be read.
  std::size_t line = 0;
};

/// A change of a record set by `aws route53`.
struct RecordChange {
  std::string zone;
  std::string name;
  std::string type;
  int ttl = 0;
  std::string value;
  std::size_t line = 0;
};

/// What a failover script does.
struct Script {
  std::optional<std::string> probed_context;  ///< Of the first kubectl that only looks.
  std::vector<Patch> patches;
  std::vector<RecordChange> records;
  std::vector<std::string> unreadable;  ///< "line 12: the change batch is no JSON"
};

Script read_script(std::string_view text);

}  // namespace fedctl::import
