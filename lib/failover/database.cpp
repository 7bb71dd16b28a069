#include "failover/database.hpp"

#include "failover/postgres/postgres_database.hpp"

namespace fedctl::failover {

std::unique_ptr<Database> database_of(Site& site, const std::string& cluster) { return make_postgres_database(site, cluster); }

}  // namespace fedctl::failover
