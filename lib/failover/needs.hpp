#pragma once

#include "failover/site.hpp"

#include <string>
#include <vector>

namespace fedctl::failover {

/// What a policy needs to be watched and carried out, and is not there: a variable of the environment, a Secret or its key, a program, a
/// file of certificates (of a check, of a connection string), a key that is one, a vantage's cluster and what it would ask there. A need
/// that cannot be looked up now, such as a Secret of a cluster that is out of reach, is not counted. Each names its field.
Task<std::vector<Error>> missing_needs(Site& site);

/// Of one side's guard only.
Task<std::vector<Error>> missing_needs_of_side(Site& site, std::string side);

}  // namespace fedctl::failover
