#pragma once

#include "data/postgres.hpp"

#include <string>
#include <vector>

namespace fedctl::data {

/// The first column of what a statement yields; "" where it is null. Errors: as `Connection::query`.
inline Result<std::vector<std::string>> column(Connection& connection, const std::string& statement, Deadline deadline) {
  const auto rows = connection.query(statement, deadline);
  if (!rows) return Failure{rows.error()};
  std::vector<std::string> found;
  for (const Row& row : *rows) found.push_back(row.at(0).value_or(""));
  return found;
}

}  // namespace fedctl::data
