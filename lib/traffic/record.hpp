#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "base/time.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// DNS: where a name points, and making it point elsewhere.
namespace fedctl::traffic {

/// One record set with one value, as it should be.
struct Record {
  std::string name;  ///< Without a final dot.
  std::string type;  ///< A, AAAA or CNAME.
  int ttl = 60;      ///< Seconds.
  std::string value;
};

/// What a name answers now.
struct Answer {
  std::string value;  ///< Empty: nothing.
  int ttl = 0;
};

/// Who serves the zone. One request at a time.
class Provider {
 public:
  virtual ~Provider() = default;

  /// As the provider itself has it.
  virtual Task<Result<Answer>> current(Record record) = 0;

  /// Makes it so, and returns when the provider's own servers answer so. Where it is so already nothing is changed.
  virtual Task<Result<Done>> put(Record record) = 0;

  /// "route53 zone Z123", for people.
  virtual std::string display_name() const = 0;

  /// The record follows a health signal that the active side serves, so there is nothing to write: `put` only waits.
  virtual bool follows_health() const { return false; }

  /// What must be laid in advance for that, and what was changed; with `dry_run`, what would be.
  struct Laid {
    std::vector<std::string> changes;
  };
  virtual Task<Result<Laid>> lay(std::vector<Record> records, std::vector<std::string> names, bool dry_run);
};

/// Names and values as DNS compares them: case and a final dot do not matter.
bool same_name(std::string_view one, std::string_view other);

}  // namespace fedctl::traffic
