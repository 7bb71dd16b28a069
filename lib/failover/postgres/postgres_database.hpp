#pragma once

#include "failover/database.hpp"

#include <memory>
#include <string>

namespace fedctl::failover {

/// A PostgreSQL server that is reached by the connection string which `database.postgres` gives its side.
std::unique_ptr<Database> make_postgres_database(Site& site, std::string cluster);

}  // namespace fedctl::failover
