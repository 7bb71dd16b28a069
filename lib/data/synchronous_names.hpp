#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What synchronous_standby_names says: for which standbys a commit waits
/// (https://www.postgresql.org/docs/15/runtime-config-replication.html#GUC-SYNCHRONOUS-STANDBY-NAMES). Pure.
namespace fedctl::data {

struct SynchronousNames {
  enum class Method { first, any };
  Method method = Method::first;
  std::size_t count = 0;           ///< How many standbys must confirm a commit; 0: commits wait for nobody.
  std::vector<std::string> names;  ///< application_name of standbys, in any case of letters; "*" is every one.

  bool waits() const { return count > 0; }
  bool has_every() const;
};

/// Reads "FIRST n (...)", "ANY n (...)", "n (...)", a plain list and the empty text. Errors: invalid_input for what PostgreSQL refuses.
Result<SynchronousNames> parse_synchronous_names(std::string_view text);

/// As PostgreSQL reads it again, each name in quotes: `ANY 1 ("ireland", "virginia")`; "" where nobody is waited for.
std::string to_string(const SynchronousNames& names);

/// Is a standby of this application_name one of them? Letters of ASCII count the same in both cases.
bool is_named(const SynchronousNames& names, std::string_view application_name);

/// Do as many of those that stream, by their application_name, answer to the names as a commit waits for?
bool is_answered(const SynchronousNames& names, std::span<const std::string> streaming);
/// The same of the text; what cannot be read is not answered.
bool is_answered(std::string_view names, std::span<const std::string> streaming);

}  // namespace fedctl::data
